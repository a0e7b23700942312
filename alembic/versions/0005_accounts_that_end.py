"""Jobs and reports outlive their account: jobs as cancelled, and reports as a marker of the deletion.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa

from alembic import op
from intermediate.engines import continue_after

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# On SQLite the table is recreated, which would lose the record of assigned ids.
JOBS = {"table_kwargs": {"sqlite_autoincrement": True}}
jobs = sa.table("jobs", sa.column("id", sa.Integer))


def upgrade() -> None:
    last = _last_job()
    with op.batch_alter_table("jobs", **JOBS) as batch_op:
        batch_op.drop_constraint(op.f("fk_jobs_owner_id"), type_="foreignkey")
    continue_after(op.get_bind(), jobs, last)
    with op.batch_alter_table("task_reports") as batch_op:
        batch_op.drop_constraint(op.f("fk_task_reports_owner_id"), type_="foreignkey")


def downgrade() -> None:
    for table in ("jobs", "task_reports"):
        op.execute(f"DELETE FROM {table} WHERE owner_id NOT IN (SELECT id FROM users)")  # noqa: S608  of two names
    last = _last_job()
    with op.batch_alter_table("jobs", **JOBS) as batch_op:
        batch_op.create_foreign_key(op.f("fk_jobs_owner_id"), "users", ["owner_id"], ["id"], ondelete="CASCADE")
    continue_after(op.get_bind(), jobs, last)
    with op.batch_alter_table("task_reports") as batch_op:
        batch_op.create_foreign_key(op.f("fk_task_reports_owner_id"), "users", ["owner_id"], ["id"], ondelete="CASCADE")


def _last_job() -> int:
    if op.get_bind().dialect.name != "sqlite":
        return 0  # the sequence stays
    found = op.get_bind().scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"))
    return found or 0
