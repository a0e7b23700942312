"""`/guide`: how to swap a backend. It shows docs/backends.md, which is shipped with the package."""

from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup
from pyramid.view import view_config

from intermediate.request import Request
from intermediate.resources import Root

PACKAGE = Path(__file__).parents[1]
WIDE = '<div class="scroll-x" role="group" aria-label="Table" tabindex="0"><table>'


@cache
def text() -> Markup:
    """Return the guide as HTML. Tables that are wider than the window scroll on their own."""
    installed, here = PACKAGE / "guide" / "backends.md", PACKAGE.parent / "docs" / "backends.md"
    source = (installed if installed.exists() else here).read_text("utf-8")
    html = MarkdownIt("commonmark").enable("table").render(source)
    return Markup(html.replace("<table>", WIDE).replace("</table>", "</table></div>").replace("<th></th>", "<td></td>"))  # noqa: S704  ours


@view_config(
    context=Root, name="guide", surface="site", request_method="GET", renderer="intermediate:templates/guide.jinja2"
)
def guide(_root: Root, _request: Request) -> dict[str, Any]:
    return {"text": text()}
