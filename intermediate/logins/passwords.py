"""Refusal of guessable passwords, by a list that is part of the package. No network service is used."""

from functools import cache
from importlib.resources import files

from pydantic_core import PydanticCustomError

from intermediate.i18n import _

SITE_NAME = "intermediate"


def refuse_guessable(password: str, email: str) -> str:
    """Return the password, or raise PydanticCustomError `password_too_common`. Case is ignored."""
    plain = password.strip().casefold()
    if plain in common() or len(set(plain)) < 3:  # fewer than three different characters
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
    """Return the most common passwords of at least 8 characters."""
    return frozenset(files("intermediate").joinpath("common_passwords.txt").read_text("ascii").split())
