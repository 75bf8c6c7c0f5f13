"""Which entities have the ids of which others in them, so that who looks for those need not read them all."""

import re
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("models", "evaluations", "endpoints", "operations")
AN_ID = re.compile(r'"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')
AT_ONCE = 1_000


def upgrade() -> None:
    """See the module."""
    mentions = op.create_table(
        "entity_mentions",
        sa.Column("owner_id", sa.Uuid(), primary_key=True),
        sa.Column("target_id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.String(40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "ix_entity_mentions_target", "entity_mentions", ["target_id", "owner_kind", "created_at", "owner_id"]
    )
    connection = op.get_bind()
    for name in TABLES:
        ids = (sa.column("id", sa.Uuid()), sa.column("resource_id", sa.Uuid()))
        table = sa.table(name, *ids, sa.column("created_at", sa.BigInteger()), sa.column("body", sa.Text()))
        for rows in connection.execute(sa.select(*table.c)).partitions(AT_ONCE):
            found = [
                {
                    "owner_id": id,
                    "target_id": target,
                    "resource_id": resource_id,
                    "owner_kind": name,
                    "created_at": created_at,
                }
                for id, resource_id, created_at, body in rows
                for target in {UUID(one) for one in AN_ID.findall(body)} - {id}
            ]
            if found:
                connection.execute(sa.insert(mentions), found)
