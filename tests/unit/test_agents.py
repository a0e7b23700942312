"""Current browsers are recognized by their headers; for others nothing is shown."""

import pytest

from intermediate.logins.agents import named

LIKE = "AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
KNOWN = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0": "Firefox on Linux",
    "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0": "Firefox on Android",
    f"{WINDOWS} {LIKE} Chrome/142.0.0.0 Safari/537.36": "Chrome on Windows",
    f"{WINDOWS} {LIKE} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": "Edge on Windows",
    f"{ANDROID} {LIKE} Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0": "Edge on Android",
    f"{MAC} {LIKE} Chrome/142.0.0.0 Safari/537.36 OPR/125.0.0.0": "Opera on macOS",
    f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15": "Safari on macOS",
    f"{ANDROID} {LIKE} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": "Samsung Internet on Android",
    f"{ANDROID} {LIKE} Chrome/142.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1": "Safari on iOS",
    f"{IPHONE} CriOS/142.0 Mobile/15E148 Safari/604.1": "Chrome on iOS",
    f"{IPHONE} FxiOS/145.0 Mobile/15E148 Safari/605.1.15": "Firefox on iOS",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {LIKE} Chrome/142.0.0.0 Safari/537.36": "Chrome on ChromeOS",
}


@pytest.mark.parametrize(("header", "name"), KNOWN.items())
def test_a_browser_has_a_name(header: str, name: str) -> None:
    assert named(header) == name
    assert len(name) <= 40


@pytest.mark.parametrize(
    "header", [None, "", "curl/8.11.1", "Firefox on Linux", "Mozilla/5.0 (Haiku) X/1", "\xff" * 99]
)
def test_what_is_none_of_them_has_none(header: str | None) -> None:
    assert named(header) is None
