"""Text that a spreadsheet would run: a cell that begins like a formula gets a quote before it, and loses it again.

A quote that is the text's own gets another one, so each text comes back as it was. An empty text gets one, too: a cell
with nothing in it stands for no text.
"""

import re

# What begins a formula in Excel, LibreOffice or Sheets, also where those are used with full-width letters.
_BEGINS = "[=+\\-@\t\r\n＝＋－＠]"
_RISKY = re.compile(rf"'*({_BEGINS}|\Z)")
_GUARDED = re.compile(rf"'+({_BEGINS}|\Z)")


def guard(text: str) -> str:
    return f"'{text}" if _RISKY.match(text) else text


def unguard(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text
