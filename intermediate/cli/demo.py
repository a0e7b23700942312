"""The tasks of the demo account: a small team that prepares the first release of a product."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from intermediate.plugins.tasks.interface import NewTask, Priority, Status


@dataclass(frozen=True)
class Demo:
    """A task with relative times: `age` and `took` in days, `due` in days from today, and `at` the time on that day."""

    title: str
    age: float
    status: Status = "pending"
    priority: Priority = "normal"
    due: int | None = None
    at: time = time(17)
    tags: tuple[str, ...] = ()
    took: float | None = None
    description: str | None = None

    def to_new(self, now: datetime) -> NewTask:
        created = now - timedelta(days=self.age)
        return NewTask(
            title=self.title,
            description=self.description,
            status=self.status,
            priority=self.priority,
            due_at=None if self.due is None else datetime.combine(now + timedelta(days=self.due), self.at, now.tzinfo),
            tags=tuple(sorted(self.tags)),
            created_at=created,
            completed_at=None if self.took is None else created + timedelta(days=self.took),
        )


def done(title: str, age: float, took: float, *tags: str, priority: Priority = "normal") -> Demo:
    return Demo(title, age, "completed", priority, tags=tags, took=took)


def demo_tasks(now: datetime) -> list[NewTask]:
    """Return the tasks with times relative to `now`, oldest first."""
    return [demo.to_new(now) for demo in sorted(DEMO, key=lambda demo: -demo.age)]


DEMO = (
    done("Agree on what the first release is, and what it is not", 84, 3.2, "planning", priority="high"),
    done("Interview five people who keep lists on paper", 82, 9.5, "research"),
    done("Sketch the list, the task and the empty state", 78, 4.1, "design"),
    done("Choose a name that can be said over the telephone", 77, 12, "planning"),
    done("Register the domain", 70, 0.1, "ops", priority="high"),
    done("Set up the repository and its checks", 69, 1.4, "ops"),
    done("Write down how we review code", 66, 2, "docs"),
    done("Create tasks from the list without leaving it", 62, 5.3, "frontend"),
    done("Let people log in with e-mail and password", 60, 6.8, "backend", "security", priority="high"),
    done("Search that finds “Über” when you type “über”", 55, 3.6, "backend"),
    done("Tags, and a list for each", 52, 4.4, "backend", "frontend"),
    done("Make the list work with the keyboard alone", 47, 6.1, "accessibility", "frontend"),
    done("Pick colours that pass contrast checks in both themes", 46, 2.2, "accessibility", "design"),
    done("Nightly backup of the database", 41, 1.1, "ops", priority="high"),
    done("Restore a backup on another machine, with a stopwatch", 39, 0.4, "ops", priority="high"),
    done("Fix: a due date in March moves by an hour", 33, 0.8, "bug", "backend", priority="high"),
    done("Fix: two tabs, one lost edit", 30, 2.7, "bug", "backend"),
    done("Report of what was finished per week", 27, 5.9, "backend"),
    done("Invite the first ten testers", 21, 1.3, "release"),
    done("Answer the testers’ first forty messages", 19, 8.2, "support"),
    done("Shorten the sign-up page to two fields", 13, 1.6, "frontend", "design"),
    done("Fix: emoji in tags break the filter", 9, 0.3, "bug"),
    done("Renew the certificate before it runs out", 6, 0.2, "ops", priority="high"),
    Demo(
        "Write the release notes",
        8,
        "in_progress",
        "high",
        due=2,
        tags=("docs", "release"),
        description="What is new, what changed, what to do before upgrading.\n\nKeep it under one page.",
    ),
    Demo(
        "Load test with a year of tasks", 7, "in_progress", "high", due=1, at=time(14, 30), tags=("backend", "release")
    ),
    Demo("Move the testers’ data to the new server", 5, "in_progress", due=4, tags=("ops", "release")),
    Demo("Translate the interface into German", 16, "in_progress", "low", due=12, tags=("frontend", "i18n")),
    Demo("Photograph the team for the about page", 24, "in_progress", "low", due=-3, tags=("website",)),
    Demo(
        "Check the privacy notice with the lawyer",
        18,
        priority="high",
        due=-1,
        at=time(11, 30),
        tags=("legal", "release"),
        description="Open question: how long do we keep the logs?",
    ),
    Demo("Pay the hosting invoice", 11, priority="high", due=-4, at=time(12), tags=("finance",)),
    Demo("Decide on prices", 15, priority="high", due=6, at=time(9), tags=("planning", "finance")),
    Demo("Prepare the demo for Thursday", 4, priority="high", due=3, at=time(10), tags=("release",)),
    Demo("Import from spreadsheets", 14, due=18, tags=("backend",)),
    Demo("Remind people of what is due tomorrow", 12, due=25, tags=("backend",)),
    Demo("Page for when we are down", 10, due=9, tags=("ops", "design")),
    Demo("Ask three testers for a quote", 3, due=5, at=time(12, 30), tags=("website", "support")),
    Demo("Try the site on an old telephone", 3, tags=("accessibility", "frontend")),
    Demo("Write the guide “Your first week”", 2, due=14, tags=("docs",)),
    Demo("Drag and drop between lists", 20, priority="low", tags=("frontend", "idea")),
    Demo("Calendar feed of due dates", 17, priority="low", tags=("backend", "idea")),
    Demo("Stickers for the meetup", 1, priority="low", due=30, tags=("fun",)),
    Demo("Book a table for the release dinner 🎉", 0.5, due=7, at=time(19, 30), tags=("fun", "release")),
)
