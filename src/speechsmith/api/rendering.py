"""JSON that was made before: in a list, an entity that has not changed is not shown anew."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import orjson

from speechsmith.domain.entities import Entity

MOST = 10_000  # of 1 to 3 kB each


@dataclass(frozen=True, slots=True)
class Rendered:
    """What entities look like in one version, to clients that reach the service in one way.

    The store gives the same object for the same row, so an object tells that nothing has changed. Objects are held
    beside their JSON, so that no other can have the same id.
    """

    _made: dict[tuple[int, Hashable], tuple[Entity, orjson.Fragment]] = field(default_factory=dict)

    def of(self, entity: Entity, given: Hashable, show: Callable[[Any], Any]) -> orjson.Fragment:
        """The JSON of an entity; `show` must depend on nothing but the entity and what is `given`.

        Given is the base of its addresses, and for kinds that name models also which ids are those of base models.
        """
        found = self._made.get((id(entity), given))
        if found is None or found[0] is not entity:
            found = (entity, orjson.Fragment(orjson.dumps(show(entity))))
            if entity.is_bulky:
                return found[1]
            if len(self._made) >= MOST:
                self._made.clear()
            self._made[id(entity), given] = found
        return found[1]
