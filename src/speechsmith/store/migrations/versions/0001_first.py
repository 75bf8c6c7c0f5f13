"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ENTITIES = ("projects", "datasets", "base_models", "models", "evaluations", "endpoints", "transcriptions")


def upgrade() -> None:
    """See the module."""
    _speech_resources()
    for name in _ENTITIES:
        _entities(name)
    _references_and_blobs()
    _jobs()
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )


def _speech_resources() -> None:
    op.create_table(
        "speech_resources",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False, unique=True),
        sa.Column("region", sa.String(60), nullable=False),
        sa.Column("key1_digest", sa.String(64), nullable=False),
        sa.Column("key2_digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_speech_resources_key1_digest", "speech_resources", ["key1_digest"])
    op.create_index("ix_speech_resources_key2_digest", "speech_resources", ["key2_digest"])


def _entities(name: str) -> None:
    op.create_table(
        name,
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
    op.create_index(f"ix_{name}_page", name, ["resource_id", "created_at", "id"])
    op.create_index(f"ix_{name}_project", name, ["project_id", "created_at", "id"])
    op.create_index(f"ix_{name}_delete_at", name, ["delete_at"])


def _references_and_blobs() -> None:
    op.create_table(
        "entity_references",
        sa.Column("owner_id", sa.Uuid(), primary_key=True),
        sa.Column("target_id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.String(40), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
    )
    op.create_index("ix_entity_references_target_id", "entity_references", ["target_id"])
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("duration_micros", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_files_owner", "files", ["owner_id", "position"])
    op.create_table(
        "blocks",
        sa.Column("dataset_id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "purges",
        sa.Column("prefix", sa.String(400), primary_key=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(120), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.String(200), nullable=False),
        sa.Column("fraction", sa.String(20), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_jobs_subject_id", "jobs", ["subject_id"])
    op.create_index("ix_jobs_queue", "jobs", ["state", "priority", "created_at", "id"])
    op.create_index("ix_jobs_lease", "jobs", ["state", "lease_until"])
