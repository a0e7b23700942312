"""Tasks: the types that all tasks backends accept and return, and the tables of `sql`, which only that backend uses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from intermediate.models.base import Base, ByCodePoint, UtcDateTime, utcnow

Status = Literal["pending", "in_progress", "completed"]
Priority = Literal["low", "normal", "high"]
STATUSES: tuple[Status, ...] = ("pending", "in_progress", "completed")
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high")


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to add. Times are aware UTC; None means now for `created_at`, and never for the others."""

    title: str
    description: str | None = None
    status: Status = "pending"
    priority: Priority = "normal"
    due_at: datetime | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    completed_at: datetime | None = None


class Task(NamedTuple):
    """A stored task. Tags are sorted and unique; `version` starts at 1 and each change increments it.

    A NamedTuple, since a page has many and a frozen dataclass takes ten times as long to create.
    """

    id: int
    owner_id: int
    title: str
    description: str | None
    status: Status
    priority: Priority
    due_at: datetime | None
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    version: int


LIVE: Any = {f"{name}_where": text("deleted_at IS NULL") for name in ("sqlite", "postgresql")}


class TaskRow(Base):
    """A task's row. `search` is its title and description, folded; `deleted_at` is set while it is in the trash."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'in_progress', 'completed')", name="status"),
        CheckConstraint("priority IN ('low', 'normal', 'high')", name="priority"),
        # Partial indexes: with `deleted_at` as a column, Postgres would not use them for the order of a list.
        Index("ix_tasks_newest", "owner_id", "created_at", "id", **LIVE),
        Index("ix_tasks_status", "owner_id", "status", "created_at", "id", **LIVE),
        Index("ix_tasks_trash", "owner_id", "deleted_at"),  # also used when an account is deleted
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(ByCodePoint(200))
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20), default="pending")
    priority: Mapped[str] = mapped_column(String(10), default="normal")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    search: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class TaskTag(Base):
    """A tag of a task."""

    __tablename__ = "task_tags"
    __table_args__ = (Index("ix_task_tags_tag", "tag", "task_id"),)

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
