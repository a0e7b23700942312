"""Schemas of accounts."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from intermediate.i18n import _
from intermediate.logins.passwords import refuse_guessable
from intermediate.schemas.base import PRINTABLE, PageQuery, Printable, Schema, Text, shown
from intermediate.schemas.documents import Role, UserDocument
from intermediate.schemas.tasks import iso

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")


def normal_email(text: str) -> str:
    """Return an address stripped and in lower case. Raise PydanticCustomError unless it is a valid ASCII address."""
    email = unicodedata.normalize("NFC", text).strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise PydanticCustomError("email", _("This address is incomplete. It should look like name@example.org."))
    return email


Email = Annotated[
    Text,
    AfterValidator(normal_email),
    shown(maxLength=254, pattern=rf"^\s*{_EMAIL.pattern.replace('a-z', 'A-Za-z')}\s*$", examples=["ada@example.com"]),
]
Password = Annotated[
    str,
    StringConstraints(min_length=8, max_length=1024),
    Printable,
    shown(minLength=8, maxLength=1024, pattern=f"^{PRINTABLE}*$"),
]


class Registration(Schema):
    """An account to create."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.com", "password": "analytical engine no. 1"}]}
    )

    email: Email
    password: Password

    @field_validator("password")
    @classmethod
    def _not_guessable(cls, password: str, info: ValidationInfo) -> str:
        return refuse_guessable(password, info.data.get("email", ""))


def _absent_by_default(schema: dict[str, Any]) -> None:
    """Remove the defaults from the JSON Schema: internally, "" stands for an absent field."""
    for field in schema["properties"].values():
        field.pop("default", None)
    schema["dependentRequired"] = {key: ["current_password"] for key in ("email", "new_password")}
    schema["examples"] = [{"email": "countess@example.com", "current_password": "analytical engine no. 1"}]


class AccountChange(Schema):
    """Changes by the owner of an account. A new e-mail address or password requires the current password."""

    model_config = ConfigDict(json_schema_extra=lambda schema: _absent_by_default(schema))

    email: Email = ""
    new_password: Password = ""
    # Last, since a validator sees only the fields before its own.
    current_password: Annotated[str, StringConstraints(max_length=1024)] = Field("", validate_default=True)

    @field_validator("current_password")
    @classmethod
    def _given_where_needed(cls, password: str, info: ValidationInfo) -> str:
        if not password and (info.data.get("email") or info.data.get("new_password")):
            raise PydanticCustomError("missing", "Changing the address or password also requires the current password")
        return password


CurrentPassword = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class NewAddress(Schema):
    """The form for a new address."""

    email: Email
    current_password: CurrentPassword


class NewPassword(Schema):
    """The form for a new password."""

    current_password: CurrentPassword
    new_password: Password


class ResetPassword(Schema):
    """The form of a reset link. Its validation context is the account's address."""

    password: Password

    @field_validator("password")
    @classmethod
    def _not_guessable(cls, password: str, info: ValidationInfo) -> str:
        return refuse_guessable(password, str(info.context))


class UserChange(Schema):
    """Changes by an administrator."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "admin"}]})

    role: Role = "user"
    is_active: bool = True


class UsersQuery(PageQuery):
    """The query of the list of accounts."""


class OwnersQuery(PageQuery):
    """The query of an administrator's list of accounts: those whose address contains `q`."""

    q: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=254)] = ""


TOKEN_NAME_LENGTH = 60
TokenName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TOKEN_NAME_LENGTH, pattern=r"^[^\n\t]*$"),
    Printable,
]


class NewToken(Schema):
    """The form for a new named token. Without days it does not expire."""

    name: TokenName
    days: Literal["", "30", "90", "365"] = ""

    @property
    def lifetime(self) -> timedelta | None:
        return timedelta(days=int(self.days)) if self.days else None


def user_document(who: Any) -> UserDocument:
    """Return the API's document for a user row or an identity."""
    created_at: datetime = who.created_at
    return {
        "id": getattr(who, "user_id", None) or who.id,
        "email": who.email,
        "role": who.role,
        "is_active": getattr(who, "is_active", True),
        "created_at": iso(created_at),
    }
