"""Web hooks: the hooks themselves, the outbox of events, and the deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """See the module."""
    _hooks()
    op.create_table(
        "webhook_events",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("collection", sa.String(40), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_webhook_events_resource", "webhook_events", ["resource_id", "sequence"])
    _deliveries()


def _hooks() -> None:
    op.create_table(
        "webhooks",
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
        sa.Column("web_url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
    )
    op.create_index("ix_webhooks_page", "webhooks", ["resource_id", "created_at", "id"])
    op.create_index("ix_webhooks_project", "webhooks", ["project_id", "created_at", "id"])
    op.create_index("ix_webhooks_delete_at", "webhooks", ["delete_at"])


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("hook_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("last_attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(120), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("last_action_at", sa.BigInteger(), nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("failure_code", sa.String(60), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["state", "not_before"])
    op.create_index("ix_webhook_deliveries_hook", "webhook_deliveries", ["hook_id", "sequence"])
    op.create_index("ix_webhook_deliveries_created", "webhook_deliveries", ["created_at"])
