"""The API's tokens: signed JWTs that name a session row.

pyramid-jwt's policy object encodes and decodes; it is never registered with Pyramid. It cannot require issuer, session
or lifetime, nor write a key id, so the codec checks these claims and tries the keys of the ring in order.
"""

import logging
import time
import uuid
from datetime import timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal, Self

from jwt import InvalidTokenError
from pyramid_jwt.policy import JWTAuthenticationPolicy

from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.sections import Jwt
from intermediate.settings import ring_of
from intermediate.templating import SITE

ISSUER = "intermediate"
AUDIENCE = "intermediate-api"
LONGEST_TOKEN = 8192
LEEWAY_SECONDS = 30
KEPT_TOKENS = 1024

_NOBODY = SimpleNamespace(remote_addr="-")  # jwt_decode takes a request only to log its address

TokenUse = Literal["access", "refresh"]

# It warns about each invalid token without naming the request; our response and access log do.
logging.getLogger("pyramid_jwt").setLevel(logging.ERROR)


class TokenCodec:
    """Creates tokens with the first key of the ring, and accepts tokens of every key."""

    def __init__(self, keys: tuple[bytes, ...], access_seconds: int, refresh_seconds: int) -> None:
        self.lifetimes: dict[TokenUse, int] = {"access": access_seconds, "refresh": refresh_seconds}
        self._policies = [
            JWTAuthenticationPolicy(
                private_key=key,
                algorithm="HS256",
                leeway=LEEWAY_SECONDS,
                auth_type="Bearer",
                audience=AUDIENCE,
            )
            for key in keys
        ]
        # A client sends one token many times. Only its expiry depends on the time, and `decode` checks that.
        self._verified = lru_cache(KEPT_TOKENS)(self._verify)

    @classmethod
    def from_settings(cls, settings: Jwt) -> Self:
        return cls(ring_of(settings.secret_key), settings.access_seconds, settings.refresh_seconds)

    def encode(self, user_id: int, session_id: str, use: TokenUse) -> str:
        """Create a token of a user's session. It is valid for the lifetime of its use."""
        return self._policies[0].create_token(
            str(user_id),
            expiration=timedelta(seconds=self.lifetimes[use]),
            audience=AUDIENCE,
            iss=ISSUER,
            sid=session_id,
            jti=uuid.uuid4().hex,
            use=use,
        )

    def decode(self, token: str, use: TokenUse) -> dict[str, Any] | None:
        """Return the claims of a valid, unexpired token for this use, else None."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        try:
            claims = self._verified(token, use)
        except InvalidTokenError:
            return None
        return claims if claims["exp"] > time.time() - LEEWAY_SECONDS else None

    def _verify(self, token: str, use: TokenUse) -> dict[str, Any]:
        """Return the claims of a token that we signed for this use. Raise InvalidTokenError, which is not cached."""
        for policy in self._policies:
            claims = policy.jwt_decode(_NOBODY, token)
            if claims and self._is_ours(claims, use):
                return claims
        raise InvalidTokenError

    def _is_ours(self, claims: dict[str, Any], use: TokenUse) -> bool:
        times = [claims.get("iat"), claims.get("exp")]
        texts = [claims.get("sub"), claims.get("sid"), claims.get("jti"), claims.get("aud")]
        return (
            claims.get("iss") == ISSUER
            and claims.get("use") == use
            and all(isinstance(text, str) and text for text in texts)
            and all(type(moment) is int for moment in times)
            and claims["exp"] - claims["iat"] <= self.lifetimes[use]
        )


def bearer_token(request: Request) -> str | None:
    """Return the token of the Authorization header; None without the header, "" if it is not `Bearer`.

    Raise Problem 400 for several headers, which servers join by commas (RFC 6750, section 3.1).
    """
    header = request.environ.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    if "," in header:
        how = {"WWW-Authenticate": f'Bearer realm="{SITE}", error="invalid_request"'}
        raise Problem(400, "invalid_request", "Send one Authorization header with one token.", headers=how)
    scheme, _, token = header.partition(" ")
    return token if scheme.lower() == "bearer" and not token.startswith(" ") else ""
