"""Uploads that mean harm, through the doors that a user has: the data fails with a reason, and nothing lands elsewhere.

What single files in an archive are refused for is tested with the readers; here it is the whole way.
"""

import re
import struct
from pathlib import Path
from typing import Any

import pytest
from caller import Api
from seeded import World

from bench import speech
from uploads import zipped

pytestmark = pytest.mark.slow
MEGABYTE = 1 << 20


def overlapping(count: int, kernel: bytes) -> bytes:
    """Many names for one compressed file, so that little unpacks to very much."""
    one = zipped({"000000.wav": kernel})
    directory = one.index(b"PK\x01\x02")
    entry = one[directory : one.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"000000", b"%06d" % number) for number in range(count))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), directory, 0)
    return one[:directory] + entries + end


def files_below(api: Api) -> set[str]:
    """All files of the service, but for its blobs and what jobs have made in folders of their own."""
    folder = api.bench.ctx.settings.home
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if "blobs" not in path.parts and not re.fullmatch(r"out\d+", path.parts[0])}


def imported(api: Api, data: bytes, name: str = "d", kind: str = "AudioFiles", **fields: str) -> Any:
    form = {"displayName": "thing", "locale": "en-US", "kind": kind} | fields
    response = api.call("POST", "/datasets/upload", data=form, files={"data": (name, data)})
    assert response.status_code == 201, response.text
    return api.done(response.json())


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: overlapping(9_000, bytes(MEGABYTE)), "ArchiveBomb"),
        (lambda: overlapping(20_000, b"x"), "ArchiveTooManyFiles"),
        (lambda: zipped({"inner.zip": zipped({"a.wav": bytes(MEGABYTE)})}), "NothingAccepted"),
    ],
    ids=["overlap", "many", "nested"],
)
def test_a_bomb_fails_with_its_name_and_leaves_nothing(world: World, make: Any, code: str) -> None:
    before = files_below(world.api)

    made = imported(world.api, make())

    assert (made["status"], made["properties"]["error"]["code"]) == ("Failed", code), made
    assert files_below(world.api) <= before


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/cron.d/x", "..\\..\\x", "x\0y", "a" * 500, ".", ""])
def test_the_name_of_an_upload_leads_nowhere(world: World, name: str) -> None:
    before = files_below(world.api)

    made = imported(world.api, zipped({"a.wav": speech(0)}), name or "d")

    assert made["status"] == "Succeeded"
    assert files_below(world.api) <= before


@pytest.mark.parametrize("block", ["../../x", "/etc/x", "..%2f..%2fx", "%00", "Li4vLi4veA==/../..", "." * 300])
def test_the_id_of_a_block_leads_nowhere(world: World, block: str) -> None:
    before = files_below(world.api)

    response = world.api.call("PUT", f"{world.has['shell']['self']}/blocks", params={"blockid": block}, content=b"x")

    assert response.status_code == 400
    assert files_below(world.api) == before


def test_the_home_is_looked_at(world: World) -> None:
    (Path(world.api.bench.ctx.settings.home) / "landed").write_bytes(b"x")

    assert "landed" in files_below(world.api)
