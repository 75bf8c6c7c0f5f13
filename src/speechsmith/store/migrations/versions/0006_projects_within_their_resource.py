"""The entities of a project are found within its resource, so that counting them reads no others.

Without the resource in the index, SQLite takes the one of the resource's pages, and reads every row of the resource.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "projects",
    "datasets",
    "base_models",
    "models",
    "evaluations",
    "endpoints",
    "transcriptions",
    "operations",
    "webhooks",
)


def upgrade() -> None:
    """See the module."""
    for name in TABLES:
        op.drop_index(f"ix_{name}_project", name)
        op.create_index(f"ix_{name}_project", name, ["resource_id", "project_id", "created_at", "id"])
