"""The forms of the token endpoints (RFC 6749, sections 4.3.2 and 6).

Clients may send other fields, such as `client_id`, which are ignored. An empty field counts as absent (section 3.2),
except an empty password, which is wrong.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Grant(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: text for name, text in fields.items() if text or name == "password"}


class PasswordGrant(Grant):
    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "ada@example.com", "password": "..."}]})

    grant_type: Literal["password"] = "password"
    scope: Annotated[str, Field(max_length=0)] = ""
    username: Annotated[str, Field(min_length=1)]
    password: str


class RefreshGrant(Grant):
    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "eyJhbGciOi..."}]})

    grant_type: Literal["refresh_token"] = "refresh_token"
    refresh_token: Annotated[str, Field(min_length=1)]
