"""The forms of the token endpoints (RFC 6749, sections 4.3.2 and 6). They are described here; `views.auth` reads them.

A client may send more than we look at: its id, for one.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class PasswordGrant(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "ada@example.com", "password": "..."}]})

    grant_type: Literal["password"] = "password"
    username: Annotated[str, Field(min_length=1)]
    password: str


class RefreshGrant(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "eyJhbGciOi..."}]})

    grant_type: Literal["refresh_token"] = "refresh_token"
    refresh_token: Annotated[str, Field(min_length=1)]
