"""Accounts on the wire."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from intermediate.passwords import refuse_guessable
from intermediate.schemas.base import Printable, QueryInt, Schema, Text
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


Role = Literal["user", "admin"]


class Registration(Schema):
    email: Email
    password: Password

    @field_validator("password")
    @classmethod
    def _not_guessable(cls, password: str, info: ValidationInfo) -> str:
        return refuse_guessable(password, info.data.get("email", ""))


class AccountChange(Schema):
    """What the owner of an account changes about it. Another address or password needs the current password."""

    email: Email = ""
    new_password: Password = ""
    # After those that it is needed for, since a validator sees the fields before its own.
    current_password: Annotated[str, StringConstraints(max_length=1024)] = Field("", validate_default=True)

    @field_validator("current_password")
    @classmethod
    def _given_where_needed(cls, password: str, info: ValidationInfo) -> str:
        if not password and (info.data.get("email") or info.data.get("new_password")):
            raise PydanticCustomError("missing", "Another address or password needs the current password, too")
        return password


class UserChange(Schema):
    """What an administrator changes about an account."""

    role: Role = "user"
    is_active: bool = True


class UsersQuery(Schema):
    """The query of the list of accounts."""

    limit: QueryInt = Field(20, ge=1, le=100)
    offset: QueryInt = Field(0, ge=0)


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
