"""Guards for text that a spreadsheet would run: a cell that begins like a formula gets a quote before it.

Text that already has such a quote gets another one, so `unguard` restores every text. An empty text gets one, too: an
empty cell means no text.
"""

import re

# What begins a formula in Excel, LibreOffice or Sheets, also with full-width characters.
_BEGINS = "[=+\\-@\t\r\n＝＋－＠]"
_RISKY = re.compile(rf"'*({_BEGINS}|\Z)")
_GUARDED = re.compile(rf"'+({_BEGINS}|\Z)")


def guard(text: str) -> str:
    return f"'{text}" if _RISKY.match(text) else text


def unguard(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text
