"""Whether the machine is up to it: disk, memory, clock."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from speechsmith import machine
from speechsmith.config import CAPACITY, Settings
from speechsmith.doctor.findings import Finding, ok, problem, warning
from speechsmith.services import capacity
from speechsmith.store import migrate
from speechsmith.store.sql import Store

LEAST_BYTES = 500_000_000
"""With less memory than this not even a model is trained on text (docs/benchmarks.md)."""

GOOD_BYTES = 2_000_000_000
"""An hour of speech is learned from in less, beside the service with two decode processes."""

LEAST_DISK_BYTES = 1_000_000_000
SKEW = timedelta(seconds=5)
"""More than the clocks of machines in step are apart; leases of jobs are 15 seconds."""


def disk(settings: Settings) -> Iterator[Finding]:
    """There is room for what users may upload."""
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB are free in {folder}"
    if free < LEAST_DISK_BYTES:
        yield problem("disk", said, "Make room: the database stops when the disk is full.")
    elif free < (wanted := settings.max_unpacked_bytes):
        mend = f"Make room, or set SPEECHSMITH_MAX_UNPACKED_BYTES: one archive may unpack to {wanted / 1e9:.1f} GB."
        yield warning("disk", said, mend)
    else:
        yield ok("disk", said)


def memory(settings: Settings) -> Iterator[Finding]:
    """There is memory for the decode processes that are set."""
    here = machine.here()
    said = f"{here.memory_bytes / 1e9:.1f} GB and {here.cores} cores"
    if here.memory_bytes < LEAST_BYTES:
        yield problem("memory", said, "The service with one training needs 0.5 GB, and more for each decode process.")
    elif here.memory_bytes < GOOD_BYTES:
        mend = "Set SPEECHSMITH_DECODE_PROCESSES=1; `speechsmith capacity` tells what fits."
        yield warning("memory", said, mend)
    elif settings.processes > here.cores:
        mend = f"`speechsmith capacity` tells what fits; SPEECHSMITH_DECODE_PROCESSES is {settings.processes}."
        yield warning("memory", f"{said} for {settings.processes} decode processes", mend)
    else:
        yield ok("memory", said)


def live_streams(settings: Settings) -> Iterator[Finding]:
    """What is known of how many live streams the machine holds still holds."""
    try:
        capacity.kept(settings)
    except capacity.DoesNotHold as error:
        mend = f"Measure again: speechsmith capacity --home {settings.home}"
        yield warning("live streams", f"{settings.home / CAPACITY} is ignored: {error}", mend)
        return
    streams, why = capacity.live_streams(settings)
    yield ok("live streams", f"{streams} at once; {why}")


def clock(settings: Settings) -> Iterator[Finding]:
    """The clock is in step with what was written before, and with the server of the database."""
    latest = max((path.stat().st_mtime for path in settings.home.glob("*")), default=0.0)
    ahead = latest - datetime.now(UTC).timestamp()
    if ahead > SKEW.total_seconds():
        said = f"files in the home are {ahead:.0f} s from the future"
        yield warning("clock", said, "Set the clock: jobs are held, and links are good, for times by it.")
        return
    if settings.database_file is None:
        try:
            with (
                migrate.in_words(),
                closing(Store(settings.database_url)) as store,
                store.engine.connect() as connection,
            ):
                there: datetime = connection.execute(select(func.now())).scalar_one()
        except migrate.StoreError:  # which is told of the database
            return
        if abs(apart := there - datetime.now(UTC)) > SKEW:
            said = f"the clock of the database's server is {apart.total_seconds():+.0f} s from this one's"
            yield problem("clock", said, "Keep the clocks in step: jobs are held by leases of 15 seconds.")
            return
    yield ok("clock", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
