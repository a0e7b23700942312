"""Named API tokens: sessions with a name, which may have no expiry.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa

from alembic import op
from intermediate.models.base import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(length=60), nullable=True))
        batch_op.alter_column("expires_at", existing_type=UtcDateTime(), nullable=True)
        batch_op.create_check_constraint(op.f("ck_sessions_named"), "(kind = 'token') = (name IS NOT NULL)")
        batch_op.create_check_constraint(op.f("ck_sessions_ends"), "kind = 'token' OR expires_at IS NOT NULL")


def downgrade() -> None:
    # The previous release cannot read such tokens, and requires an expiry of every row.
    op.execute("DELETE FROM sessions WHERE kind = 'token'")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_sessions_ends"), type_="check")
        batch_op.drop_constraint(op.f("ck_sessions_named"), type_="check")
        batch_op.alter_column("expires_at", existing_type=UtcDateTime(), nullable=False)
        batch_op.drop_column("name")
