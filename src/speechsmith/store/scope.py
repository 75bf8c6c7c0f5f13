"""Whose rows a transaction sees."""

from enum import Enum
from uuid import UUID

from sqlalchemy import ColumnElement, Table
from sqlalchemy import true as everything


class _Every(Enum):
    EVERY_RESOURCE = "every resource"


EVERY_RESOURCE = _Every.EVERY_RESOURCE
"""The scope of the worker and of the operator."""

Scope = UUID | _Every
"""The id of a Speech resource, or EVERY_RESOURCE."""


def within(scope: Scope, table: Table) -> ColumnElement[bool]:
    """The condition that keeps a query inside the scope. It is applied by the tables and nowhere else."""
    return everything() if isinstance(scope, _Every) else table.c.resource_id == scope
