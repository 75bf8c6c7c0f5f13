"""Random filters: as trees, as texts, and as what they mean for one entity, worked out in plain Python."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from speechsmith.domain.filters import And, Comparison, Filter, Not, Operator, Or, Property

_JOINS = {And: " and ", Or: " or "}


def tree(
    rng: random.Random, properties: Sequence[Property], texts: Sequence[str], start: datetime, depth: int
) -> Filter:
    """A filter over the properties; its literals are some of the texts, and times around the start."""
    form = rng.choice(["comparison", "not", "and", "or"]) if depth else "comparison"
    if form == "comparison":
        return _comparison(rng, rng.choice(properties), texts, start)
    below = [tree(rng, properties, texts, start, depth - 1) for _ in range(rng.randint(2, 3))]
    return Not(below[0]) if form == "not" else (And if form == "and" else Or)(tuple(below))


def _comparison(rng: random.Random, property: Property, texts: Sequence[str], start: datetime) -> Comparison:
    if property.is_time:
        time = start + timedelta(milliseconds=250 * rng.randint(-8, 8))
        return Comparison(property, rng.choice(list(Operator)), time)
    known = texts if property.values is None else sorted(property.values)
    return Comparison(property, rng.choice([Operator.EQ, Operator.NE]), rng.choice(known))


def text(filter: Filter) -> str:
    """A filter as one writes it, with as many parentheses as can be."""
    match filter:
        case Comparison(property, operator, value):
            literal = value.isoformat() if isinstance(value, datetime) else "'" + value.replace("'", "''") + "'"
            return f"{property.name} {operator} {literal}"
        case Not(operand):
            return f"not ({text(operand)})"
        case And(operands) | Or(operands):
            return _JOINS[type(filter)].join(f"({text(operand)})" for operand in operands)


def holds(filter: Filter, thing: Any) -> bool:
    """Whether a filter shows a thing."""
    match filter:
        case Comparison(property, operator, value):
            return _compared(getattr(thing, property.attribute), operator, value)
        case Not(operand):
            return not holds(operand, thing)
        case And(operands):
            return all(holds(operand, thing) for operand in operands)
        case Or(operands):
            return any(holds(operand, thing) for operand in operands)


def _compared(found: Any, operator: Operator, value: Any) -> bool:
    shown = found.astimezone(UTC).replace(microsecond=0) if isinstance(found, datetime) else found
    return {
        Operator.EQ: lambda: shown == value,
        Operator.NE: lambda: shown != value,
        Operator.GT: lambda: shown > value,
        Operator.GE: lambda: shown >= value,
        Operator.LT: lambda: shown < value,
        Operator.LE: lambda: shown <= value,
    }[operator]()
