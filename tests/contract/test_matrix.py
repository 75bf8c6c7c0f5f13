"""The published table of operations, row by row: a valid request gets the answer that the row promises.

The table is not part of this project; SPEECHSMITH_OPERATIONS names it, and where it is absent the rows are skipped.
"""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from seeded import World, path_of, request_of, turn

TABLE = Path(
    os.environ.get(
        "SPEECHSMITH_OPERATIONS", Path(__file__).parents[3] / "shared" / "reference" / "contract" / "operations.tsv"
    )
)
VERSIONS = {"v3.1": 74, "v3.2": 75}


@dataclass(frozen=True)
class Row:
    """One operation of one version."""

    version: str
    id: str
    method: str
    path: str
    statuses: frozenset[int]


def rows() -> list[Row]:
    """The operations in an order in which each finds what it needs."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        found = [
            Row(
                version=line["version"],
                id=line["operationId"],
                method=line["method"],
                path=line["path"],
                statuses=frozenset(int(code) for code in line["successCodes"].split(",")),
            )
            for line in csv.DictReader(file, delimiter="\t")
            if line["version"] in VERSIONS
        ]
    return sorted(found, key=lambda row: (row.version, turn(row.id, row.path)))


ROWS = rows() if TABLE.is_file() else []
ABSENT = pytest.param(None, marks=pytest.mark.skip(f"no table of operations {TABLE} (set SPEECHSMITH_OPERATIONS)"))


@pytest.fixture(scope="module")
def worlds(world: World) -> dict[str, World]:
    """A resource for each version, so that what one deletes the other still has."""
    return {"v3.2": world, "v3.1": world.as_tenant("older", "v3.1")}


@pytest.mark.parametrize("row", ROWS or [ABSENT], ids=lambda row: f"{row.version}-{row.id}")
def test_every_operation_answers_a_valid_request_as_published(worlds: dict[str, World], row: Row) -> None:
    world = worlds[row.version]
    if row.method == "DELETE":
        world.api.bench.work_off()  # what a job needs cannot be deleted

    response = world.api.call(row.method, path_of(world.has, row.path), **request_of(world.has, row.id))

    assert response.status_code in row.statuses, response.text
    if row.id.endswith(("_Create", "_Upload", "_CopyTo")):
        assert response.headers["location"] == response.json()["self"]
        assert world.api.get(response.headers["location"]).json()["self"] == response.headers["location"]


@pytest.mark.skipif(not ROWS, reason=f"no table of operations {TABLE} (set SPEECHSMITH_OPERATIONS)")
def test_the_table_is_read_whole() -> None:
    assert {version: sum(row.version == version for row in ROWS) for version in VERSIONS} == VERSIONS
