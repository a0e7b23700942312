"""The operations on accounts and tokens."""

from intermediate.openapi.operation import FORM, Answer, Operation
from intermediate.schemas.accounts import AccountChange, Registration, UserChange, UsersQuery
from intermediate.schemas.documents import ResetLinkDocument, TokenPair, UserDocument, UserPage
from intermediate.schemas.oauth import PasswordGrant, RefreshGrant
from intermediate.schemas.reading import MERGE_PATCH

USER = Answer("The account.", UserDocument)
GONE = Answer("The account and everything that belonged to it are deleted.")
TOKENS = Answer("An access token and a refresh token.", TokenPair)
AWAY = ("database_unavailable", "auth_unavailable")
NOT_GRANTED = ("invalid_request", "invalid_grant", "unsupported_grant_type")

REGISTER = Operation(
    "register",
    "Create an account",
    {201: Answer("The new account.", UserDocument, ("Location",))},
    body=Registration,
    problems={409: ("email_taken",), 429: ("too_many_requests",), 503: ("auth_unavailable",)},
    public=True,
)
LOG_IN = Operation(
    "log_in",
    "Get tokens with an e-mail address and a password",
    {200: TOKENS},
    body=PasswordGrant,
    types=(FORM,),
    problems={
        400: (*NOT_GRANTED, "invalid_scope"),
        413: ("too_large",),
        429: ("too_many_attempts",),
        503: AWAY,
    },
    query=None,
    public=True,
    oauth=True,
)
REFRESH = Operation(
    "refresh",
    "Exchange a refresh token for new tokens; it can be used once",
    {200: TOKENS},
    body=RefreshGrant,
    types=(FORM,),
    problems={400: NOT_GRANTED, 413: ("too_large",), 503: ("database_unavailable",)},
    query=None,
    public=True,
    oauth=True,
)
LOG_OUT = Operation("log_out", "End the login that this token belongs to", {204: Answer("The login has ended.")})

GET_ME = Operation("get_me", "Get your account", {200: USER})
CHANGE_ME = Operation(
    "change_me",
    "Change your e-mail address or password; a new password ends all logins",
    {200: USER},
    body=AccountChange,
    types=MERGE_PATCH,
    problems={
        403: ("wrong_password",),
        409: ("email_taken",),
        429: ("too_many_attempts",),
        503: ("auth_unavailable",),
    },
)
DELETE_ME = Operation("delete_me", "Delete your account", {204: GONE}, problems={409: ("last_admin",)})

LIST_USERS = Operation(
    "list_users", "List all accounts", {200: Answer("A page, newest first.", UserPage, ("Link",))}, query=UsersQuery
)
GET_USER = Operation("get_user", "Get an account", {200: USER})
CHANGE_USER = Operation(
    "change_user",
    "Change the role of an account, or switch it off or on",
    {200: USER},
    body=UserChange,
    types=MERGE_PATCH,
    problems={409: ("last_admin",)},
)
MAKE_RESET_LINK = Operation(
    "make_reset_link",
    "Create a reset link for a locked-out user; it can be used once",
    {201: Answer("The link, which is shown only here.", ResetLinkDocument)},
    problems={409: ("account_off", "no_passwords")},
)
DELETE_USER = Operation("delete_user", "Delete an account", {204: GONE}, problems={409: ("last_admin",)})
