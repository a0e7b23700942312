"""Which passwords nobody may choose, since others would guess them. The list is shipped; no network is asked."""

from functools import cache
from importlib.resources import files

from pydantic_core import PydanticCustomError

from intermediate.i18n import _

SITE_NAME = "intermediate"


def refuse_guessable(password: str, email: str) -> str:
    """The password, or an error of the type `password_too_common`. How it is spelled in capitals does not matter."""
    plain = password.strip().casefold()
    if plain in common() or len(set(plain)) < 3:  # of one letter or two, or of spaces
        raise PydanticCustomError("password_too_common", _("This is one of the most common passwords. Choose another."))
    if plain in (email, email.partition("@")[0]):
        raise PydanticCustomError("password_too_common", _("A password is not the address itself. Choose another."))
    if SITE_NAME in plain:
        raise PydanticCustomError("password_too_common", _("A password does not name this site. Choose another."))
    return password


@cache
def common() -> frozenset[str]:
    """The most common passwords of at least 8 characters."""
    return frozenset(files("intermediate").joinpath("common_passwords.txt").read_text("ascii").split())
