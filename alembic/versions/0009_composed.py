"""Convert tags and search texts to composed characters (NFC), as they are written from now on.

Revision ID: 0009
Revises: 0008
"""

from unicodedata import is_normalized, normalize

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BATCH = 1000
LONGEST = 40  # NFC lengthens a few tags; one that would become longer than this is left unchanged
users = sa.table("users", sa.column("id"), sa.column("tasks_version"))
tasks = sa.table("tasks", sa.column("id"), sa.column("owner_id"), sa.column("search"))
tags = sa.table("task_tags", sa.column("task_id"), sa.column("tag"))


def upgrade() -> None:
    bind = op.get_bind()
    for tag in bind.scalars(sa.select(tags.c.tag).distinct()).all():
        composed = normalize("NFC", tag)
        if composed != tag and len(composed) <= LONGEST:
            compose_tag(bind, tag, composed)
    last = 0
    while batch := bind.execute(
        sa.select(tasks.c.id, tasks.c.search).where(tasks.c.id > last).order_by(tasks.c.id).limit(BATCH)
    ).all():
        last = batch[-1].id
        for task_id, search in batch:
            if not is_normalized("NFC", search):
                bind.execute(sa.update(tasks).where(tasks.c.id == task_id).values(search=normalize("NFC", search)))


def compose_tag(bind: sa.Connection, tag: str, composed: str) -> None:
    """Convert a tag. A task with both forms keeps one. Its owner's cached lists are invalidated."""
    of_tasks = sa.select(tags.c.task_id).where(tags.c.tag == tag)
    owners = sa.select(tasks.c.owner_id).where(tasks.c.id.in_(of_tasks))
    bind.execute(sa.update(users).where(users.c.id.in_(owners)).values(tasks_version=users.c.tasks_version + 1))
    both = sa.select(tags.c.task_id).where(tags.c.tag == composed).scalar_subquery()
    bind.execute(sa.delete(tags).where(tags.c.tag == tag, tags.c.task_id.in_(both)))
    bind.execute(sa.update(tags).where(tags.c.tag == tag).values(tag=composed))


def downgrade() -> None:
    """Nothing to do: the previous release can read composed text, too."""
