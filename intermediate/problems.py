"""Errors as clients see them: RFC 9457 problem details in the API, a page on the site."""

from typing import Any

from intermediate.i18n import english


class Problem(Exception):
    """An error response. Raising it rolls the request's transaction back.

    `code` is the stable name for programs, `detail` the sentence for people, which the site translates. `errors` lists
    what is wrong with a body or query, each with `loc`, `msg` and `type`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(english(detail))
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
