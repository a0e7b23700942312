"""Text that a spreadsheet would run: a cell that begins like a formula gets a quote before it, and loses it again.

A quote that is the text's own gets another one, so each text comes back as it was.
"""

import re

# What begins a formula in Excel, LibreOffice or Sheets, also where those are used with full-width letters.
_BEGINS = "[=+\\-@\t\r\n＝＋－＠]"
_RISKY = re.compile(f"'*{_BEGINS}")
_GUARDED = re.compile(f"'+{_BEGINS}")


def guard(text: str) -> str:
    return f"'{text}" if _RISKY.match(text) else text


def unguard(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text
