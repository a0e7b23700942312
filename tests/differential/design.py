"""Differences between responses that are expected because only one of two combinations has a capability."""

from intermediate.plugins.base import Capability
from tests.differential.combinations import Combination

Patterns = tuple[str, ...]

# Patterns of the parts that differ with the capability, and of those that differ without it. A header is matched with
# its name.
BY_DESIGN: dict[tuple[str, Capability], tuple[Patterns, Patterns]] = {
    ("cache", Capability.READABLE): ((r"^X-Cache: (?:hit|miss)$",), (r"^X-Cache: bypass$",)),
    ("auth", Capability.PASSWORDS): (
        (
            r'<form id="logout".*?</form>',
            r'<a href="/auth/login">Log in</a>(?=</nav>)',
            r'"register":"/api/auth/register","login":"/api/auth/login",',
            r'"sid": ?"[\w-]{43}"',
            r'<option value="">Detect at the next login</option>',
            r" selected(?=>UTC</option>)",
            r'\s*<section class="setting" id="(?:email|password|sessions|delete)".*?</section>',
            r'\s+(?=<section class="setting")',
        ),
        (
            r'<a href="/notes">Notes</a>(?=</nav>)',
            r'"uid": ?\d+',
            r" selected(?=>UTC</option>)",
            r'\s*<section class="setting" id="delete".*?</section>',
            r'\s+(?=<section class="setting")',
        ),
    ),
}


def own_ways(one: Combination, other: Combination) -> Patterns:
    """Return the patterns of the parts of `one` that are expected to differ from `other`."""
    ways: list[str] = []
    for (kind, capability), (having, lacking) in BY_DESIGN.items():
        has = one.has(kind, capability)
        if has != other.has(kind, capability):
            ways += having if has else lacking
    return tuple(ways)
