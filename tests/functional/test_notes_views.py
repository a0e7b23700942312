"""The list of notes by due date: groups, the week, and views and tags in the sidebar, in the user's time zone."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api

# A zone in which the date differs from UTC for most of the day, and midnight is not near.
ZONE = next(zone for zone in map(ZoneInfo, ("Pacific/Auckland", "Asia/Tokyo")) if datetime.now(zone).hour < 22)
DAY = timedelta(days=1)


@pytest.fixture
def site(app: TestApp, api: Api) -> TestApp:
    form = app.get("/auth/login").forms[0]
    form["email"], form["password"], form["time_zone"] = api.email, PASSWORD, ZONE.key
    form.submit(status=303)
    return app


@pytest.fixture
def today() -> date:
    return datetime.now(ZONE).date()


def due(day: date, hour: int = 23, minute: int = 59) -> str:
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)
    return local.astimezone(UTC).isoformat().replace("+00:00", "Z")


def add(api: Api, title: str, **fields: Any) -> Any:
    return api.post_json("/api/tasks", {"title": title, **fields}, status=201).json


def titles(page: Any) -> list[str]:
    return [row.text for row in page.html.select("a.title bdi")]


def groups(page: Any) -> dict[str, list[str]]:
    """Return the titles below each heading that has any."""
    found = {}
    for group in page.html.select(".group"):
        if rows := [row.text for row in group.select("a.title bdi")]:
            found[group.find("h2").find(string=True).strip()] = rows
    return found


def views(page: Any) -> dict[str, str]:
    """Return the names in the sidebar, with their counts."""
    links = page.html.select("#views > a, #views details a")
    return {
        link.find(string=re.compile(r"\w")).strip(): "".join(c.text for c in link.select(".count")) for link in links
    }


def week(page: Any) -> list[str]:
    return [link.select_one(".unseen").text for link in page.html.select("#week a")]


def test_tasks_stand_in_groups_by_due_date(site: TestApp, api: Api, today: date) -> None:
    add(api, "Whenever")
    add(api, "In a month", due_at=due(today + 31 * DAY))
    add(api, "Tomorrow", due_at=due(today + DAY, 10))
    add(api, "Later today", due_at=due(today))
    add(api, "Long ago", due_at=due(today - 9 * DAY))
    add(api, "Yesterday", due_at=due(today - DAY, 0, 0))
    add(api, "Done today", due_at=due(today), status="completed")
    page = site.get("/notes")
    assert groups(page) == {
        "Overdue": ["Long ago", "Yesterday"],
        "Today": ["Later today"],
        "Tomorrow": ["Tomorrow"],
        "Later": ["In a month"],
        "No date": ["Whenever"],
    }
    notes = [note.text for note in page.html.select(".group-note")]
    assert notes[0] == "2"
    assert notes[1] == f"{today:%a} {today.day} {today:%b} · 1 open, 1 done"
    assert notes[-1] == "1"


def test_what_is_due_on_the_last_day_of_the_week_is_due_this_week(site: TestApp, api: Api, today: date) -> None:
    sunday = today + (6 - today.weekday()) * DAY
    add(api, "On Sunday", due_at=due(sunday))
    add(api, "On Monday", due_at=due(sunday + DAY, 0, 1))
    near = {0: "Today", 1: "Tomorrow"}
    expected: dict[str, list[str]] = {}
    for title, day, far in (("On Sunday", sunday, "This week"), ("On Monday", sunday + DAY, "Later")):
        expected.setdefault(near.get((day - today).days, far), []).append(title)
    assert groups(site.get("/notes")) == expected


def test_groups_are_only_there_by_due_date(site: TestApp, api: Api, today: date) -> None:
    add(api, "B", due_at=due(today))
    add(api, "A", due_at=due(today + DAY))
    assert list(groups(site.get("/notes?sort=title"))) == ["Tasks"]
    assert list(groups(site.get("/notes?status=all&sort=due_at"))) == ["Today", "Tomorrow"]
    assert site.get("/notes?q=b").html.select_one(".group-note").text == ""


def test_the_sidebar_counts_each_view_and_tag(site: TestApp, api: Api, today: date) -> None:
    add(api, "A", due_at=due(today), tags=["home", "ops"])
    add(api, "B", due_at=due(today - DAY), tags=["ops"], status="in_progress")
    add(api, "C", status="completed", tags=["ops", "done"])
    api.delete(f"/api/tasks/{add(api, 'D')['id']}", status=204)
    page = site.get("/notes")
    assert views(page) == {
        "Open": "2",
        "Today": "1",
        "Overdue": "1",
        "Completed": "1",
        "Trash": "1",
        "ops": "2",
        "home": "1",
    }
    assert "Week" in page.html.find(id="counts").text
    assert "2 open, 1 overdue" in page.html.find(id="counts").text
    for name, found in {
        "Today": ["A"],
        "Overdue": ["B"],
        "Completed": ["C"],
        "Open": ["B", "A"],
        "ops": ["B", "A"],
    }.items():
        [link] = [a for a in page.html.select("#views a") if name in a.text]
        there = site.get(link["href"])
        assert titles(there) == found
        assert [name in a.text for a in there.html.select("#views [aria-current]")] == [True]


def test_all_tags_are_listed_behind_the_most_used(site: TestApp, api: Api) -> None:
    for number in range(6):
        add(api, f"Task {number}", tags=[f"tag {one}" for one in range(number + 1)])
    page = site.get("/notes")
    assert [name.text for name in page.html.select("#views > a > .name")] == [f"tag {number}" for number in range(4)]
    assert page.html.select_one("#views summary").text == "All 6 tags"
    assert [name.text for name in page.html.select("#views details .name")] == ["tag 4", "tag 5"]


def test_the_week_leads_to_each_day(site: TestApp, api: Api, today: date) -> None:
    monday = today - today.weekday() * DAY
    late_day = today - DAY if today.weekday() else None
    add(api, "Open", due_at=due(today))
    add(api, "Half", due_at=due(today), status="in_progress")
    add(api, "Done", due_at=due(today, 0, 0), status="completed")
    if late_day:
        add(api, "Late", due_at=due(late_day))
    page = site.get("/notes")
    days = week(page)
    assert len(days) == 7
    assert days[0].startswith(f"Monday {monday.day}")
    assert days[today.weekday()] == f"{today:%A} {today.day}, 2 open, 1 done"
    if late_day:
        assert days[late_day.weekday()] == f"{late_day:%A} {late_day.day}, 1 late"
    squares = page.html.select("#week a")[today.weekday()].select(".squares i")
    assert [square["class"] for square in squares] == [["in_progress"], ["pending"], ["completed"]]
    there = site.get(page.html.select("#week a")[today.weekday()]["href"])
    assert titles(there) == ["Done", "Open", "Half"]
    [chosen] = there.html.select("#week [aria-current=date]")
    assert chosen.select_one("b").text == str(today.day)
    assert f"due {today:%a} {today.day} {today:%b}" in there.html.select_one(".chip").text


def test_many_tasks_of_a_day_are_a_number(site: TestApp, api: Api, today: date) -> None:
    for number in range(9):
        add(api, f"Task {number}", due_at=due(today))
    day = site.get("/notes").html.select("#week a")[today.weekday()]
    assert (day.select_one(".many").text, day.select(".squares i")) == ("9", [])


def test_a_list_that_the_clock_moves_goes_on_as_it_was_begun(site: TestApp, api: Api, today: date) -> None:
    for number in range(3):
        add(api, f"Late {number}", due_at=due(today - (3 - number) * DAY))
    page = site.get("/notes?view=overdue&limit=2")
    assert titles(page) == ["Late 0", "Late 1"]
    rest = page.html.select_one("#rest a")["href"]
    assert "due_before=" in rest
    assert titles(site.get(rest)) == ["Late 2"]


def test_htmx_appends_to_the_groups(site: TestApp, api: Api) -> None:
    for number in range(5):
        add(api, f"Task {number}")
    rest = site.get("/notes?limit=2").html.select_one("#rest a")["href"]
    more = site.get(rest, headers={"HX-Request": "true"})
    [rows] = more.html.select("[hx-swap-oob]")
    assert (rows["hx-swap-oob"], len(rows.select("li"))) == ("beforeend:#rows-none", 2)
    assert more.html.select_one("#rest a").text == "Show 1 more"
    assert "HX-Push-Url" not in more.headers


def test_a_task_whose_date_changes_moves_to_its_group(site: TestApp, api: Api, today: date) -> None:
    task = add(api, "Move me", due_at=due(today))
    token = site.get("/notes").forms["add"]["csrf_token"].value
    headers = {
        "HX-Request": "true",
        "X-CSRF-Token": token,
        "HX-Current-URL": f"{site.get('/notes').request.host_url}/notes",
    }
    tomorrow = f"{today + DAY}T10:00"
    moved = site.post(f"/notes/{task['id']}/edit", {"title": "Move me", "due_at": tomorrow}, headers=headers)
    [rows] = moved.html.select("ul[hx-swap-oob]")
    assert rows["hx-swap-oob"] == "afterbegin:#rows-tomorrow"
    assert "10:00" in rows.text
    again = site.post(f"/notes/{task['id']}/edit", {"title": "Stay", "due_at": tomorrow}, headers=headers)
    assert again.html.select("ul[hx-swap-oob]") == []
    headers["HX-Current-URL"] += "?sort=title"
    unmoved = site.post(f"/notes/{task['id']}/edit", {"title": "Stay", "due_at": ""}, headers=headers)
    assert unmoved.html.select("ul[hx-swap-oob]") == []


EMPTY = {
    "": "Nothing here yet",
    "?q=zzz": "No task matches.",
    "?view=trash": "The trash is empty.",
}
EMPTY_WITH_ONE_DONE = {
    "": "Nothing is open.",
    "?view=today": "Nothing due today.",
    "?view=overdue": "Nothing is late.",
    "?tag=zzz": "No task matches.",
}


def test_each_empty_list_says_what_it_is(site: TestApp, api: Api) -> None:
    for query, words in EMPTY.items():
        assert site.get(f"/notes{query}").html.select_one(".empty h2").text == words
    task = add(api, "Done", status="completed")
    for query, words in EMPTY_WITH_ONE_DONE.items():
        assert site.get(f"/notes{query}").html.select_one(".empty h2").text == words
    api.patch_json(f"/api/tasks/{task['id']}", {"status": "pending"})
    assert site.get("/notes?status=completed").html.select_one(".empty h2").text == "Nothing completed yet."


def test_who_has_no_task_is_offered_ten(site: TestApp, api: Api, today: date) -> None:
    [form] = [form for form in site.get("/notes").forms.values() if form.action == "/notes/samples"]
    page = form.submit(status=303).follow()
    assert "Added ten sample tasks." in page
    tasks = api.get("/api/tasks").json["items"]
    assert (len(tasks), {task["status"] for task in tasks}) == (10, {"pending", "in_progress", "completed"})
    found = groups(page)
    assert list(found)[:3] == ["Overdue", "Today", "Tomorrow"]
    assert len(found["Today"]) == 2
    form.submit(status=303)
    assert api.get("/api/tasks").json["total"] == 10


def test_the_list_is_exported_as_a_file(site: TestApp, api: Api) -> None:
    add(api, "In a file")
    answer = site.get(site.get("/notes").html.select_one("a[download]")["href"])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tasks.csv"'
    assert "In a file" in answer
