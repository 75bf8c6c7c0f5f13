"""A filter as a condition of a query: the tree over the columns of a table, each literal a parameter."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import Column, ColumnElement, Table, and_, not_, or_

from speechsmith.domain.filters import And, Comparison, Filter, Not, Operator, Or
from speechsmith.store.tables import micros

SECOND = 1_000_000  # microseconds


def condition(wanted: Filter, table: Table) -> ColumnElement[bool]:
    """What holds for the rows that a filter shows. None of the columns may be NULL."""
    match wanted:
        case Comparison(property, operator, value):
            column = table.c[property.attribute]
            if isinstance(value, datetime):
                return _TIMES[operator](column, micros(value))
            return column == value if operator is Operator.EQ else column != value
        case Not(operand):
            return not_(condition(operand, table))
        case And(operands):
            return and_(*(condition(operand, table) for operand in operands))
        case Or(operands):
            return or_(*(condition(operand, table) for operand in operands))
        case _:
            assert_never(wanted)


def _from(at: int) -> int:
    """The first microsecond of the first second that is not before a time."""
    return -(-at // SECOND) * SECOND


def _after(at: int) -> int:
    """The first microsecond of the first second that is after a time."""
    return (at // SECOND + 1) * SECOND


# A column holds c microseconds and counts as its second s = c // SECOND, so s > t means c >= _after(t): no division in
# the question, and an index can answer it.
_TIMES: Mapping[Operator, Callable[[Column[Any], int], ColumnElement[bool]]] = {
    Operator.GT: lambda column, at: column >= _after(at),
    Operator.GE: lambda column, at: column >= _from(at),
    Operator.LT: lambda column, at: column < _from(at),
    Operator.LE: lambda column, at: column < _after(at),
    Operator.EQ: lambda column, at: and_(column >= _from(at), column < _after(at)),
    Operator.NE: lambda column, at: or_(column < _from(at), column >= _after(at)),
}
