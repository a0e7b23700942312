"""Input files and results of jobs.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def of_a_job(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("job_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f(f"fk_{table}_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    of_a_job("uploads", sa.Column("data", sa.LargeBinary(), nullable=False))
    of_a_job("job_results", sa.Column("document", sa.JSON(), nullable=False))


def downgrade() -> None:
    op.drop_table("job_results")
    op.drop_table("uploads")
