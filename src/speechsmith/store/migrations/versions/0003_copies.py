"""Copies of models: the operations that tell about them, and the tokens that were used."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """See the module."""
    op.create_table(
        "operations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("speech_resources.id"), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("locale", sa.String(40), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=True),
        sa.Column("status", sa.String(20), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_action_at", sa.BigInteger(), nullable=True),
        sa.Column("delete_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_operations_page", "operations", ["resource_id", "created_at", "id"])
    op.create_index("ix_operations_project", "operations", ["project_id", "created_at", "id"])
    op.create_index("ix_operations_delete_at", "operations", ["delete_at"])
    op.create_table(
        "spent",
        sa.Column("token", sa.String(200), primary_key=True),
        sa.Column("use_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_spent_expires_at", "spent", ["expires_at"])
