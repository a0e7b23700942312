"""The codec caches verified tokens and still checks their expiry."""

import time

import pytest

from intermediate.logins.tokens import LEEWAY_SECONDS, TokenCodec
from tests.rows import row

KEYS = (b"k" * 32, b"j" * 32)


def test_a_token_that_was_good_is_refused_once_it_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = TokenCodec(KEYS, access_seconds=900, refresh_seconds=3600)
    token = codec.encode(7, "session", "access")
    claims = codec.decode(token, "access")
    assert claims is not None
    assert codec.decode(token, "access") == claims
    monkeypatch.setattr(time, "time", lambda: claims["exp"] + LEEWAY_SECONDS - 1)
    assert codec.decode(token, "access") == claims
    monkeypatch.setattr(time, "time", lambda: claims["exp"] + LEEWAY_SECONDS)
    assert codec.decode(token, "access") is None


def test_a_remembered_token_is_good_for_its_own_use_only() -> None:
    codec = TokenCodec(KEYS, access_seconds=3600, refresh_seconds=3600)
    token = codec.encode(7, "session", "refresh")
    assert codec.decode(token, "refresh") is not None
    assert codec.decode(token, "access") is None


def test_each_key_of_the_ring_verifies_and_no_other() -> None:
    codec = TokenCodec(KEYS, access_seconds=900, refresh_seconds=3600)
    for key in KEYS:
        assert codec.decode(TokenCodec((key,), 900, 3600).encode(7, "session", "access"), "access") is not None
    stranger = TokenCodec((b"o" * 32,), 900, 3600).encode(7, "session", "access")
    assert [codec.decode(stranger, "access") for _ in range(2)] == [None, None]


@row("A8")
def test_text_that_is_no_text_is_no_token() -> None:
    codec = TokenCodec(KEYS, access_seconds=900, refresh_seconds=3600)
    for text in ("\ud800", "e30.\udfff.e30", codec.encode(7, "session", "access") + "\ud800"):
        assert codec.decode(text, "access") is None
