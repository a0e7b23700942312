"""Drop `mirrored_seq`: while `mirrored_to` names the sink, the sink has the report's `seq`.

The column was in no release. A worker of an earlier version cannot record what it has mirrored, and mirrors it again.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEX = "ix_task_reports_mirrored"


def upgrade() -> None:
    op.drop_index(INDEX, "task_reports")
    op.drop_column("task_reports", "mirrored_seq")
    op.create_index(INDEX, "task_reports", ["mirrored_to"])


def downgrade() -> None:
    op.drop_index(INDEX, "task_reports")
    op.add_column("task_reports", sa.Column("mirrored_seq", sa.Integer()))
    op.create_index(INDEX, "task_reports", ["mirrored_to", "mirrored_seq"])
    op.execute("UPDATE task_reports SET mirrored_seq = seq WHERE mirrored_to IS NOT NULL")
