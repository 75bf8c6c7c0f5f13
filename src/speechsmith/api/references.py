"""From URIs that clients send to ids."""

from contextlib import suppress
from urllib.parse import urlsplit
from uuid import UUID

from speechsmith.domain.errors import Invalid
from speechsmith.wire.v3_2 import EntityReference


def id_of(reference: EntityReference, collection: str, *, target: str) -> UUID:
    """The id that a reference names. The host is not looked at: one server has many names. Raises: Invalid."""
    return id_of_uri(reference.self_, collection, target=target)


def optional_id(reference: EntityReference | None, collection: str, *, target: str) -> UUID | None:
    """The same, where the client may leave it out."""
    return None if reference is None else id_of(reference, collection, target=target)


def id_of_uri(uri: str, collection: str, *, target: str) -> UUID:
    """The id at the end of the URI of an entity of this collection. Raises: Invalid."""
    id, holder = None, ""
    with suppress(ValueError):
        *above, last = urlsplit(uri).path.rstrip("/").split("/")
        holder = next((part for part in reversed(above) if part != "base"), "")
        id = UUID(last)
    if id is None or holder != collection:
        raise Invalid(
            "InvalidParameterValue",
            f"{target}.self '{uri[:200]}' is not the URI of one of the {collection}; copy its self.",
            target=target,
        )
    return id
