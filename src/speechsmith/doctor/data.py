"""Whether the data are safe and whole: the home, the database, the blobs, jobs, base models."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from obstore.exceptions import BaseError
from sqlalchemy import func, select

from speechsmith import main
from speechsmith.config import WORKERS, Settings
from speechsmith.doctor.findings import SOON, Finding, ok, problem, warning
from speechsmith.domain import expiry
from speechsmith.domain.jobs import LEASE, JobState
from speechsmith.domain.models import BaseModel, default_among
from speechsmith.jobs.presence import living
from speechsmith.store import migrate
from speechsmith.store.blobs import Blobs
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store, read_only
from speechsmith.store.tables import jobs, micros


def home(settings: Settings) -> Iterator[Finding]:
    """The home is ours, and nobody else's."""
    if os.name == "posix" and os.geteuid() == 0:
        yield warning("user", "this is root", "Run the service as a user of its own, who owns nothing else.")
    if not settings.home.is_dir():
        above = next(path for path in settings.home.parents if path.exists())
        if os.access(above, os.W_OK | os.X_OK):
            yield ok("home", f"{settings.home} is not there yet; `speechsmith serve` makes it")
        else:
            yield problem("home", f"{settings.home} cannot be made in {above}", "Name another folder with --home.")
        return
    found = settings.home.stat()
    if not os.access(settings.home, os.R_OK | os.W_OK | os.X_OK):
        said = f"{settings.home} belongs to user {found.st_uid}, and this is user {os.geteuid()}"
        yield problem("home", said, "Run the service as that user, or give the folder to this one.")
        return
    if found.st_uid != os.geteuid():
        said = f"{settings.home} belongs to user {found.st_uid}, and this is user {os.geteuid()}"
        yield warning("home", said, "Run all commands as that user: files that this one makes may be closed to it.")
    elif found.st_mode & 0o022:
        yield warning("home", f"others may write into {settings.home}", f"chmod go-w {settings.home}")
    else:
        yield ok("home", str(settings.home))
    file = settings.database_file
    if file is not None and file.exists() and file.stat().st_mode & 0o077:
        yield warning("home", f"others may read {file}, which has secrets", f"chmod 600 {file}*")


def database(settings: Settings) -> Iterator[Finding]:
    """The database answers, is whole, and is of this program's version."""
    if main.is_new(settings):
        yield ok("database", "there is none yet; the first start makes it")
        return
    try:
        with migrate.in_words(), closing(_opened(settings)) as store:
            number = migrate.number(store)
    except migrate.StoreError as error:
        said, _, mend = str(error).partition(". ")
        yield problem("database", said, mend)
        return
    if settings.database_file is not None:
        with closing(read_only(settings.database_file, untouched=True)) as connection:
            try:
                damage = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            except sqlite3.DatabaseError as error:
                damage = str(error)
        if damage != "ok":
            yield problem("database", f"it is damaged: {damage}", "Stop the service, and restore a backup.")
            return
    if number == migrate.NEWEST:
        yield ok("database", f"version {number}")
    elif number:
        said = f"version {number} is older than {migrate.NEWEST}, which this program wants"
        yield warning("database", said, "speechsmith backup FILE, then speechsmith upgrade; or the next start does it.")
    else:
        yield warning("database", "it has no tables", "The next start makes them.")


def blobs(settings: Settings) -> Iterator[Finding]:
    """The blob store can be read and written; of one elsewhere only whether it answers, as nothing is written."""
    folder, url = settings.blob_folder, settings.blob_url
    if folder is None:
        with TemporaryDirectory(prefix="speechsmith-doctor-") as cache:
            try:
                answers = Blobs(url, cache=Path(cache)).is_there()
            except (BaseError, ValueError) as error:
                said = str(error).partition("\n")[0]
                yield problem("blobs", f"{url} cannot be opened: {said}", "Mend SPEECHSMITH_BLOB_URL.")
                return
        if answers:
            yield ok("blobs", f"{url} answers; whether it can be written to was not tried")
        else:
            mend = "Look at its address, and at the variables with its credentials (docs/howto/operate.md)."
            yield problem("blobs", f"{url} does not answer", mend)
    elif not folder.is_dir():
        if main.is_new(settings):
            yield ok("blobs", f"{folder} is not there yet; the first start makes it")
        else:
            mend = "Mount the disk with the folder, or restore a backup into a new home."
            yield problem("blobs", f"{folder} is not there, but the database is", mend)
    elif os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield ok("blobs", str(folder))
    else:
        mend = "Run the service as the user whom the folder belongs to, on a disk that can be written to."
        yield problem("blobs", f"{folder} cannot be written to", mend)


def work(settings: Settings) -> Iterator[Finding]:
    """A service runs or not, and no job is held by a worker that has died."""
    workers = living(settings.home / WORKERS)
    is_served = main.is_served(settings.home)
    if is_served:
        yield ok("service", f"it runs at {main.endpoint(settings)}; workers on this machine: {len(workers)}")
        if not workers:
            said, mend = "no worker runs beside it on this machine", "Look into its log, which says why it ends."
            yield warning("service", said, mend)
    else:
        beside = f"; workers: {len(workers)}" if workers else ""
        yield ok("service", f"none runs on {settings.home}{beside}")
    if not _is_current(settings):
        return
    over = micros(datetime.now(UTC) - 2 * LEASE)
    with closing(_opened(settings)) as store, store.engine.connect() as connection:
        c = jobs.c
        count = select(func.count()).select_from(jobs)
        left = connection.execute(count.where(c.state == JobState.RUNNING, c.lease_until < over)).scalar_one()
        waiting = connection.execute(count.where(c.state == JobState.WAITING)).scalar_one()
    if left:
        said = f"held by workers that have died: {left}"
        yield warning("jobs", said, "A worker does them again: start `speechsmith serve`, or `speechsmith worker`.")
    else:
        yield ok("jobs", f"{waiting} wait, and none is held by a worker that has died")


def base_models(settings: Settings) -> Iterator[Finding]:
    """What is taken for a locale can be trained from and used, for a while yet, and has its files."""
    if not _is_current(settings):
        return
    with closing(_opened(settings)) as store, store.read(EVERY_RESOURCE) as tx:
        known = tx.table(BaseModel).page().values
    policy, now = expiry.parse(settings.expiry_policy), datetime.now(UTC)
    mend = "Install a newer one: speechsmith base-model add; or set SPEECHSMITH_EXPIRY_POLICY."
    for locale in sorted({model.locale for model in known}):
        taken = default_among(known, locale)
        assert taken is not None
        ends, what = policy.deadlines(taken), f"{taken.engine} {taken.released} ({locale})"
        if ends.transcription <= now:
            yield problem("base models", f"{what} cannot be used since {ends.transcription:%Y-%m-%d}", mend)
        elif ends.adaptation <= now:
            yield warning("base models", f"{what} cannot be trained from since {ends.adaptation:%Y-%m-%d}", mend)
        elif min(ends.transcription, ends.adaptation) <= now + SOON:
            soon = min(ends.transcription, ends.adaptation)
            yield warning("base models", f"{what} ends on {soon:%Y-%m-%d}", mend)
        else:
            yield ok("base models", what)
    if (folder := settings.blob_folder) is not None:
        for model in known:
            if model.folder and not (folder / model.folder).is_dir():
                said = f"the files of {model.engine} {model.released} ({model.locale}) are gone"
                yield problem("base models", said, "Remove it and add it again, or restore a backup.")


def _opened(settings: Settings) -> Store:
    return Store(main.database_url(settings), untouched=True)


def _is_current(settings: Settings) -> bool:
    """Whether the database has the tables that this program knows; what it is else, `database` tells."""
    if main.is_new(settings):
        return False
    try:
        with migrate.in_words(), closing(_opened(settings)) as store:
            return migrate.number(store) == migrate.NEWEST
    except migrate.StoreError:
        return False
