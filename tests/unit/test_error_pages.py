"""Each error has a page that explains it and offers links, rendered without database, session or cache."""

from typing import Any

import pytest
from pyramid.interfaces import IRequestFactory, ISessionFactory
from pyramid.scripting import prepare

from intermediate.problems import Problem
from intermediate.views.problems import answer


class Away:
    """Fails on every use."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


@pytest.fixture
def without(registry: Any) -> Any:
    """The registry of an application without database, session and cache."""

    def no_session(_request: Any) -> Any:
        raise AssertionError("the session was asked for")

    registry.registerUtility(no_session, ISessionFactory)
    engine, cache = registry.engine, registry.cache
    registry.engine = registry.cache = Away()
    yield registry
    registry.engine, registry.cache = engine, cache


def page(registry: Any, problem: Problem, method: str = "GET", path: str = "/x", **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = registry.getUtility(IRequestFactory).blank(path, method=method, headers=names)
    request.id, request.surface = "look-me-up", "site"
    closer = prepare(request, registry)["closer"]
    try:
        return answer(request, problem)
    finally:
        closer()


@pytest.mark.parametrize(
    ("problem", "words", "ways"),
    [
        (Problem(400, "invalid_csrf_token", "Invalid CSRF token."), "That form was too old", ["/notes", "/"]),
        (Problem(403, "forbidden", "Your account is not allowed to do this."), "Not for this account", ["/notes", "/"]),
        (Problem(404, "not_found", "It was deleted."), "There is nothing at this address", ["/notes", "/"]),
        (Problem(409, "conflict", "Try again."), "This changed in the meantime", ["/notes", "/"]),
        (Problem(429, "x", "Try again in 40 seconds."), "A little too fast", ["", "/"]),
        (Problem(500, "internal_error", "It has been logged."), "Something broke on our side", ["", "/"]),
        (Problem(503, "x", "Nothing you saved is lost."), "Back in a moment", [""]),
    ],
)
def test_an_error_page_says_what_happened_and_where_to_go(
    without: Any, problem: Problem, words: str, ways: list[str]
) -> None:
    text = page(without, problem).text
    assert f"<h1>{words}</h1>" in text
    for part in (f'<p class="meta">{problem.status}</p>', problem.detail, "look-me-up", 'data-copy="request-id"'):
        assert part in text
    actions = text[text.index('<p class="actions">') : text.index('<p class="request-id')]
    assert [part.split('"')[0] for part in actions.split('href="')[1:] if not part.startswith("/static")] == ways


def test_what_is_away_is_tried_again_by_itself_while_one_only_reads(without: Any) -> None:
    problem = Problem(503, "x", "The database is not responding.")
    assert '<meta http-equiv="refresh" content="5">' in page(without, problem).text
    assert 'http-equiv="refresh"' not in page(without, problem, "POST").text


def test_a_task_that_is_not_there_may_be_in_the_trash(without: Any) -> None:
    text = page(without, Problem(404, "not_found", "It was deleted."), path="/notes/7").text
    assert "Tasks stay there for 30 days." in text
    assert 'href="/notes?view=trash"' in text


def test_a_form_to_log_in_that_was_too_old_can_be_opened_again(without: Any) -> None:
    problem = Problem(400, "invalid_csrf_token", "Invalid CSRF token.")
    assert 'href="/auth/login">Open the form again' in page(without, problem, "POST", "/auth/login").text


def test_paths_that_are_no_text_have_a_page_too(without: Any) -> None:
    for path in ("/%ff", "/notes/%ff"):
        assert "There is nothing" in page(without, Problem(404, "not_found", "x"), path=path).text
