"""Saboteurs of auth backends."""

from typing import Any, ClassVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from intermediate import accounts
from intermediate.models import User
from intermediate.plugins.auth.interface import AuthError
from intermediate.request import Request
from intermediate.testing.auth import PASSWORD
from tests.plugins.saboteurs.base import Saboteur, breaks

DIRECTORY = "tests.plugins.directory:DirectoryAuth"


class AuthSaboteur(Saboteur):
    kind: ClassVar = "auth"
    on: ClassVar = "local"

    @staticmethod
    def user(session: Session, email: str) -> User | None:
        try:
            return accounts.find(session, email)
        except DBAPIError as error:
            raise AuthError(str(error)) from error


class Alters(AuthSaboteur):
    """Changes the password before it is checked or hashed."""

    def altered(self, password: str) -> str:
        raise NotImplementedError

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        return self.good.check_password(session, email, self.altered(password))

    def hash_password(self, password: str) -> str:
        return self.good.hash_password(self.altered(password))


class Appends(AuthSaboteur):
    """Stores additional text with the hash."""

    def appended(self, password: str) -> str:
        raise NotImplementedError

    def hash_password(self, password: str) -> str:
        return f"{self.good.hash_password(password)}:{self.appended(password)}"

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        user = self.user(session, email)
        if user and user.password_hash:
            user.password_hash = user.password_hash.partition(":")[0]
        return self.good.check_password(session, email, password)


@breaks("right_password_is_accepted")
class RefusesShortPasswords(AuthSaboteur):
    def check_password(self, session: Session, email: str, password: str) -> int | None:
        return None if len(password) < 8 else self.good.check_password(session, email, password)


@breaks("wrong_password_is_refused")
class IgnoresCase(Alters):
    def altered(self, password: str) -> str:
        return password.lower()


@breaks("wrong_password_is_refused__after_nul")
class EndsAtNul(Alters):
    def altered(self, password: str) -> str:
        return password.partition("\0")[0]


@breaks("unknown_email_is_refused")
class TakesSimilarEmails(AuthSaboteur):
    def check_password(self, session: Session, email: str, password: str) -> int | None:
        return self.good.check_password(session, email.removeprefix("x"), password)


@breaks("unknown_email_costs_the_same")
class TellsQuickly(AuthSaboteur):
    def check_password(self, session: Session, email: str, password: str) -> int | None:
        return self.good.check_password(session, email, password) if self.user(session, email) else None


@breaks("inactive_account_is_refused")
class Reactivates(AuthSaboteur):
    def check_password(self, session: Session, email: str, password: str) -> int | None:
        if user := self.user(session, email):
            user.is_active = True
        return self.good.check_password(session, email, password)


@breaks("account_without_password_is_refused")
class OpensWithoutPassword(AuthSaboteur):
    def check_password(self, session: Session, email: str, password: str) -> int | None:
        user = self.user(session, email)
        return user.id if user and not user.password_hash else self.good.check_password(session, email, password)


@breaks("first_login_makes_the_account")
class KnowsNoNewcomers(AuthSaboteur):
    on: ClassVar = DIRECTORY

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        user = self.user(session, email)
        checked = self.good.check_password(session, email, password)
        return checked if user else None


@breaks("password_is_not_stored")
class StoresThePassword(Appends):
    def appended(self, password: str) -> str:
        return password[:100]


@breaks("hashes_fit_their_column")
class WritesMuch(Appends):
    def appended(self, password: str) -> str:
        return "x" * 200


@breaks("hashes_are_salted")
class SaltsOnce(AuthSaboteur):
    def __init__(self, good: Any) -> None:
        super().__init__(good)
        self._hashes: dict[str, str] = {}

    def hash_password(self, password: str) -> str:
        return self._hashes.setdefault(password, self.good.hash_password(password))


@breaks("long_passwords_count_in_full")
class CountsSomeCharacters(Alters):
    def altered(self, password: str) -> str:
        return password[:72]


@breaks("identify_needs_proof")
class BelievesTheQuery(AuthSaboteur):
    def identify(self, request: Request) -> str | None:
        return request.GET.get("email")


class Believes(AuthSaboteur):
    on: ClassVar = "remote_user"


@breaks("proof_names_one_address")
class KeepsTheSpelling(Believes):
    def identify(self, request: Request) -> str | None:
        return self.good.identify(request) and str(request.environ["HTTP_X_REMOTE_USER"])


@breaks("proof_from_others_is_ignored")
class BelievesForwardedAddresses(Believes):
    def identify(self, request: Request) -> str | None:
        forwarded = request.environ.get("HTTP_X_FORWARDED_FOR", request.environ.get("REMOTE_ADDR"))
        request.environ["REMOTE_ADDR"] = forwarded
        return self.good.identify(request)


@breaks("malformed_proof_is_refused")
class TakesTheFirstOfTwo(Believes):
    def identify(self, request: Request) -> str | None:
        given = request.environ.get("HTTP_X_REMOTE_USER")
        if given:
            request.environ["HTTP_X_REMOTE_USER"] = given.partition(",")[0]
        return self.good.identify(request)


@breaks("passwords_are_a_capability", also=("right_password_is_accepted", "account_without_password_is_refused"))
class AcceptsWithoutTheCapability(AuthSaboteur):
    on: ClassVar = "remote_user"

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        try:
            user = self.user(session, email)
        except AuthError:
            return None
        return user.id if user and user.is_active and password == PASSWORD else None


class Listens(AuthSaboteur):
    """Handles the errors of checking a password."""

    def hears(self, error: AuthError) -> None:
        raise NotImplementedError

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        try:
            return self.good.check_password(session, email, password)
        except AuthError as error:
            self.hears(error)
            return None


@breaks("unreachable_is_told")
class TakesAwayForWrong(Listens):
    on: ClassVar = "tests.plugins.saboteurs.elsewhere:AuthElsewhere"

    def hears(self, error: AuthError) -> None:
        if not isinstance(error.__cause__, ConnectionRefusedError):
            raise error


@breaks("unreachable_is_told__by_silence")
class TakesSilenceForWrong(Listens):
    on: ClassVar = "tests.plugins.saboteurs.elsewhere:AuthElsewhere"

    def hears(self, error: AuthError) -> None:
        if not isinstance(error.__cause__, TimeoutError):
            raise error


@breaks("unreachable_is_told__without_database")
class LetsTheDriverSpeak(Listens):
    def hears(self, error: AuthError) -> None:
        raise error.__cause__ or error
