"""Which browser a login was made with, in the words of its owner: "Firefox on Linux".

Browsers write their forerunners' names before their own, so the first that is found in this order is it. One that calls
itself by another's name altogether (Brave, Vivaldi) is that, and what is none of these has no name. Nothing else of the
header is kept.
"""

BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "Linux": "Linux",
}
ON = " on "


def named(user_agent: str | None) -> str | None:
    """The browser and the system in a User-Agent header, or None."""
    text = user_agent or ""
    if not text.startswith("Mozilla/5.0 ("):
        return None
    browser = next((name for mark, name in BROWSERS.items() if mark in text), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in text), None)
    return f"{browser}{ON}{system}" if browser and system else None
