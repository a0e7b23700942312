"""Every row of these groups of the attack table has a test."""

import re

import pytest

from tests.serving import ROOT

GROUPS = {"Injection": ("I", 13), "Body": ("B", 8), "Numbers": ("N", 5), "Unicode": ("U", 7), "HTTP level": ("H", 12)}
UNDER_ANOTHER = {"I8": "A5-logged"}


@pytest.mark.parametrize("group", GROUPS)
def test_each_row_of_the_attack_table_has_a_test(group: str) -> None:
    letter, number = GROUPS[group]
    tests = "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("test_*.py")))
    rows = [UNDER_ANOTHER.get(row, row) for row in (f"{letter}{at}" for at in range(1, number + 1))]
    assert [row for row in rows if not re.search(rf"[\"'-]{row}(?![0-9])", tests)] == []
