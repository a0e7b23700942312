"""Accounts on the wire."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from intermediate.schemas.base import Printable, Schema, Text
from intermediate.schemas.tasks import iso

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")


def normal_email(text: str) -> str:
    """The one spelling of an address: without spaces around it, in lower case. Accounts have ASCII addresses only."""
    email = unicodedata.normalize("NFC", text).strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise PydanticCustomError("email", "This address is not complete. It should look like name@example.org.")
    return email


Email = Annotated[Text, AfterValidator(normal_email)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=1024), Printable]


class Registration(Schema):
    email: Email
    password: Password


TOKEN_NAME_LENGTH = 60
TokenName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TOKEN_NAME_LENGTH, pattern=r"^[^\n\t]*$"),
    Printable,
]


class NewToken(Schema):
    """A named token to make, as the form says it. Without days it has no end."""

    name: TokenName
    days: Literal["", "30", "90", "365"] = ""

    @property
    def lifetime(self) -> timedelta | None:
        return timedelta(days=int(self.days)) if self.days else None


def user_document(who: Any) -> dict[str, Any]:
    """A user row or an identity, as the API shows it."""
    created_at: datetime = who.created_at
    return {
        "id": getattr(who, "user_id", None) or who.id,
        "email": who.email,
        "role": who.role,
        "is_active": getattr(who, "is_active", True),
        "created_at": iso(created_at),
    }
