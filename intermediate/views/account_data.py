"""The sections of `/account` for an account's data: export and deletion."""

from dataclasses import replace
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate import accounts, reports
from intermediate.exporting import FORMATS, Export
from intermediate.i18n import _
from intermediate.logins import families, named_tokens
from intermediate.plugins.tasks.interface import TaskQuery
from intermediate.rate_limits import TooManyRequestsError
from intermediate.reads import dump
from intermediate.request import Request
from intermediate.resources import Me, Root
from intermediate.schemas.accounts import user_document
from intermediate.schemas.reading import form_values
from intermediate.schemas.tasks import iso
from intermediate.security import Permission
from intermediate.views.account import PAGE, AccountPage
from intermediate.views.account_login import NOT_CURRENT
from intermediate.views.answers import go
from intermediate.views.auth import check_password
from intermediate.views.predicates import wants_fragment
from intermediate.views.users import LAST_ADMIN

GOODBYE = {"Clear-Site-Data": '"cache", "cookies", "storage"'}


@view_defaults(context=Me, surface="site")
class DataViews(AccountPage):
    @view_config(name="export", request_method="GET")
    def export(self) -> Response:
        """Send one JSON document. Tasks come last, since they are streamed while they are read."""
        head = dump(self._about())[:-1] + b',"tasks":['
        form = replace(FORMATS["json"], opening=head, end=b"\n]}\n")
        response = self.request.response
        response.app_iter = Export(self.request.registry, self.context.owner, TaskQuery(), form, self.request.id)
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        response.headers["Content-Disposition"] = 'attachment; filename="account.json"'
        return response

    def _about(self) -> dict[str, Any]:
        """Return everything but the tasks, without passwords, tokens or other secrets."""
        db, who = self.request.db, self.context.signed_in()
        report = reports.latest(db, who.user_id)
        return {
            "account": {**user_document(who), "time_zone": who.time_zone},
            "sessions": [
                {
                    "kind": login.kind,
                    "agent": login.agent,
                    "created_at": iso(login.created_at),
                    "seen_at": iso(login.seen_at),
                }
                for login in families.listed(db, who.user_id)
            ],
            "tokens": [
                {"name": token.name, "created_at": iso(token.created_at), "expires_at": iso(token.expires_at)}
                for token in named_tokens.listed(db, who.user_id)
            ],
            "reports": [report] if report else [],
        }

    @view_config(name="delete", request_method="POST", permission=Permission.EDIT, renderer=PAGE)
    def delete(self) -> Any:
        """Delete the account and its data for good, if the form contains the proof (see `_unproved`)."""
        try:
            wrong = self._unproved(form_values(self.request))
            if not wrong:
                accounts.remove(self.request.db, self.request.tasks, self.context.owner, self.request.id)
        except accounts.LastAdminError:
            wrong = LAST_ADMIN
        except TooManyRequestsError as error:
            if wants_fragment(self.request):
                raise
            self.request.response.headers.update(error.headers)
            return self.show_section("delete", 429, errors={"proof": error.detail})
        if wrong:
            return self.show_section("delete", 422, errors={"proof": wrong})
        self.request.session.invalidate()
        return go(self.request, "/farewell", **GOODBYE)

    def _unproved(self, form: dict[str, str]) -> str:
        """Return what is wrong with the proof: the password or, without passwords, the e-mail address."""
        who, proof = self.context.signed_in(), form.get("proof", "")
        if not self.has_passwords:
            right = proof.strip().lower() == who.email
            return "" if right else _("Type ${email} here to delete this account.", mapping={"email": who.email})
        if not proof:
            return _("Type your password.")
        return "" if check_password(self.request, who.email, proof) == who.user_id else NOT_CURRENT


@view_config(
    context=Root,
    name="farewell",
    surface="site",
    request_method="GET",
    renderer="intermediate:templates/farewell.jinja2",
)
def farewell(_root: Root, _request: Request) -> dict[str, Any]:
    """Show the page that follows the deletion of an account."""
    return {}
