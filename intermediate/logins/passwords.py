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
        raise PydanticCustomError("password_too_common", _("This password is too common. Try a few unrelated words."))
    if plain in (email, email.partition("@")[0]):
        raise PydanticCustomError(
            "password_too_common", _("The password must not be your e-mail address. Choose another.")
        )
    if SITE_NAME in plain:
        raise PydanticCustomError(
            "password_too_common", _("The password must not contain the name of this site. Choose another.")
        )
    return password


@cache
def common() -> frozenset[str]:
    """The most common passwords of at least 8 characters."""
    return frozenset(files("intermediate").joinpath("common_passwords.txt").read_text("ascii").split())
