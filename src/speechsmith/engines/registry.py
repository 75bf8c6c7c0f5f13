"""Which engines there are: everything that is declared under the entry point `speechsmith.engines`.

An engine of another package is found in the same way as our own. One that cannot be imported or constructed is left
out, with its reason, and the others work on.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from speechsmith.engines.base import Engine, EngineError

GROUP = "speechsmith.engines"


@dataclass(frozen=True, slots=True)
class Registry:
    """The engines by name, and for each that could not be used, why not."""

    engines: dict[str, Engine] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def engine(self, name: str) -> Engine:
        """Raises: EngineError (`UnknownEngine`, `BrokenEngine`)."""
        if name in self.engines:
            return self.engines[name]
        if name in self.broken:
            raise EngineError(f"The engine {name!r} cannot be used: {self.broken[name]}.", code="BrokenEngine")
        known = ", ".join(sorted(self.engines)) or "none"
        raise EngineError(f"There is no engine {name!r}; installed: {known}.", code="UnknownEngine")


def found(points: list[EntryPoint]) -> Registry:
    """The engines of these entry points; of two with one name the first wins and the second is reported."""
    registry = Registry()
    for point in points:
        if point.name in registry.engines:
            registry.broken[f"{point.name} ({point.value})"] = f"{point.name!r} is taken by another engine"
            continue
        try:
            registry.engines[point.name] = _constructed(point)
        except Exception as error:  # noqa: BLE001  a plug-in may fail in any way, and must not stop the others
            registry.broken[point.name] = f"{point.value}: {type(error).__name__}: {error}"
    return registry


def _constructed(point: EntryPoint) -> Engine:
    engine: Engine = point.load()()
    if engine.name != point.name:
        raise ValueError(f"it calls itself {engine.name!r}")
    for promise in ("version", "learns", "packaged_models", "load", "guesser", "adapt", "vocabulary", "attuned"):
        getattr(engine, promise)
    return engine


@cache
def registry() -> Registry:
    """The installed engines, looked up once a process."""
    return found(sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)))


def engines() -> dict[str, Engine]:
    """Every engine that works, by name."""
    return dict(registry().engines)


def engine(name: str) -> Engine:
    """The engine of that name. Raises: EngineError (`UnknownEngine`, `BrokenEngine`)."""
    return registry().engine(name)
