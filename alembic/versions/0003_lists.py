"""Indices in the order of the lists, without tasks in the trash.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHERE = {f"{name}_where": sa.text("deleted_at IS NULL") for name in ("sqlite", "postgresql")}


def upgrade() -> None:
    # First, so that the foreign key to the accounts always has an index.
    op.create_index("ix_tasks_trash", "tasks", ["owner_id", "deleted_at"])
    op.drop_index("ix_tasks_newest", "tasks")
    op.drop_index("ix_tasks_status", "tasks")
    op.create_index("ix_tasks_newest", "tasks", ["owner_id", "created_at", "id"], **WHERE)
    op.create_index("ix_tasks_status", "tasks", ["owner_id", "status", "created_at", "id"], **WHERE)


def downgrade() -> None:
    op.drop_index("ix_tasks_newest", "tasks")
    op.drop_index("ix_tasks_status", "tasks")
    op.create_index("ix_tasks_newest", "tasks", ["owner_id", "deleted_at", "created_at", "id"])
    op.create_index("ix_tasks_status", "tasks", ["owner_id", "deleted_at", "status", "created_at", "id"])
    op.drop_index("ix_tasks_trash", "tasks")
