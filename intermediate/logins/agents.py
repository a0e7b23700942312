"""The browser and system of a login, for its owner: "Firefox on Linux".

User agents contain the names of other browsers before their own, so the first match in this order is used. Browsers
that identify as another one (Brave, Vivaldi) are shown as that, and unknown ones have no name. Nothing else of the
header is stored.
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
    """Return the browser and the system in a User-Agent header, or None."""
    text = user_agent or ""
    if not text.startswith("Mozilla/5.0 ("):
        return None
    browser = next((name for mark, name in BROWSERS.items() if mark in text), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in text), None)
    return f"{browser}{ON}{system}" if browser and system else None
