"""The frame around every page: what anybody can read, in either theme, on any window, with a keyboard."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import axe

pytestmark = pytest.mark.slow

PUBLIC = ("/", "/auth/login", "/auth/register", "/nowhere")


@pytest.mark.parametrize("path", PUBLIC)
def test_axe_finds_nothing_on_public_pages(page: Page, path: str) -> None:
    page.goto(path)
    assert axe(page) == []
