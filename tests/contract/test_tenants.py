"""Two resources of one service, each with one of everything: neither reaches, names or changes what the other has.

DELETE answers 204 also for what is not there, as the contract says, and so for what is somebody else's; but for logs of
an endpoint: it is not found where it is somebody else's.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from seeded import World, path_of, request_of, status_of_absent
from sqlalchemy import select

from bench import Bench
from speechsmith.api.call import Version
from speechsmith.api.operations import OPERATIONS, Operation
from speechsmith.store.tables import metadata

A_BASE_MODEL = "/models/base/{id:uuid}"
LOGS_OF_BASE_MODELS = "/endpoints/base/{locale}/files/logs"
"""Addresses that are the same in each resource; and so is all that lies below the first."""
SWAPS = [
    pytest.param(operation, version, id=f"{version.name}-{operation.id}")
    for operation in OPERATIONS
    for version in operation.versions
]


@pytest.fixture(scope="module")
def theirs(world: World) -> World:
    """The other resource."""
    return world.as_tenant("neighbor")


def everything(bench: Bench) -> dict[str, Any]:
    """All rows of all tables, and the names of all blobs."""
    with bench.ctx.store.engine.connect() as connection:
        rows = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in metadata.sorted_tables}
    blobs = bench.ctx.settings.home / "blobs"
    return rows | {"blobs": sorted(str(path) for path in blobs.rglob("*"))}


@pytest.fixture
def untouched(world: World, theirs: World) -> Iterator[None]:
    """Whatever is asked, everything stays as it is."""
    before = everything(world.api.bench)
    yield
    assert everything(world.api.bench) == before


def swapped(mine: World, theirs: World, template: str) -> set[str]:
    """An address with each of its ids, and with all of them, exchanged for those of somebody else."""
    names = ("files", "delivery", "logs")
    inner, outer = ({name: one.has[name] for name in names} for one in (theirs, mine))
    found = (theirs.has, mine.has | inner, theirs.has | outer)
    return {path_of(has, template) for has in found} - {path_of(mine.has, template)}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("operation", "version"), SWAPS)
def test_no_operation_takes_the_id_of_somebody_else(
    world: World, theirs: World, operation: Operation, version: Version
) -> None:
    is_shared = operation.path.startswith(A_BASE_MODEL) or operation.path == LOGS_OF_BASE_MODELS
    if "{" not in operation.path or is_shared:
        assert swapped(world, theirs, operation.path) == set()
        return
    given = request_of(world.has, operation.id)

    for mine, other in ((world, theirs), (theirs, world)):
        addresses = swapped(mine, other, operation.path)
        assert addresses
        for address in addresses:
            response = replace(mine.api, version=version.name).call(operation.method, address, **given)
            is_of_my_endpoint = mine.has["endpoints"]["self"].rpartition("/")[2] in address
            wanted = status_of_absent(operation, is_of_my_endpoint=is_of_my_endpoint)
            assert response.status_code == wanted, address
            assert not response.content or response.json()["code"] == "NotFound"


def references(body: Any) -> Iterator[tuple[Any, Any]]:
    """Where entities are named in a body: the holder of each reference, and its place in it."""
    places = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for place, value in places:
        if isinstance(value, dict) and set(value) == {"self"}:
            yield body, place
        else:
            yield from references(value)


@pytest.mark.usefixtures("untouched")
def test_no_body_names_what_is_somebody_elses(world: World, theirs: World) -> None:
    """Every reference of every valid body, and the project that most of them may name, one after the other."""
    tried = []
    for operation in OPERATIONS:
        if operation.shape is None or "{" in operation.path:
            continue
        for part in range(9):
            ours, foreign = (request_of(one.has, operation.id)["json"] for one in (world, theirs))
            for body, has in ((ours, world.has), (foreign, theirs.has)):
                if operation.creates and "project" in getattr(operation.shape, "model_fields", {}):
                    body["project"] = {"self": has["projects"]["self"]}
            named, wanted = list(references(ours)), list(references(foreign))
            if part >= len(named):
                break
            (holder, place), (source, _) = named[part], wanted[part]
            if holder[place] == source[place]:
                continue  # a base model, which both have
            holder[place] = source[place]
            response = world.api.post(operation.path, ours)
            assert response.status_code == 404, f"{operation.id} {place}: {response.text}"
            tried.append((operation.id, place))
    assert {place for _, place in tried} >= {"project", "dataset", 0, "model2"}
    assert len(tried) >= 9


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("noun", ["datasets", "models", "evaluations", "endpoints", "transcriptions"])
def test_nothing_moves_into_the_project_of_somebody_else(world: World, theirs: World, noun: str) -> None:
    response = world.api.patch(world.has[noun]["self"], {"project": {"self": theirs.has["projects"]["self"]}})

    assert response.status_code == 404


@pytest.mark.usefixtures("untouched")
def test_lists_show_ones_own_alone(world: World, theirs: World) -> None:
    lists = [operation for operation in OPERATIONS if operation.id.endswith("_List") or "ListCustom" in operation.id]
    for operation in lists:
        mine, others = (
            {entity["self"] for entity in one.api.get(operation.path).json()["values"]} for one in (world, theirs)
        )
        assert mine
        assert others
        assert not mine & others


def test_a_change_would_be_seen(world: World, theirs: World) -> None:
    before = everything(world.api.bench)

    world.api.patch(world.has["projects"]["self"], {"displayName": "changed"})

    assert everything(world.api.bench) != before
