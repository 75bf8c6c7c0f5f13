"""Removes what nobody needs any more: blobs, entities and logs whose time is over, old jobs, unfinished uploads.

Everything here may be repeated and may be cut off at any point: a blob goes before the row that remembers to remove it.
Blobs are written before the rows that name them, so an attempt that lost, or a service that was killed in between,
leaves blobs without a row. Once a day all blobs are listed, and those older than a day that no row names go too.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

from speechsmith.domain.entities import Processed
from speechsmith.services import logs
from speechsmith.services.context import Context
from speechsmith.services.repeats import KEPT
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.tables import ENTITY_TABLES

UNFINISHED = timedelta(days=1)
"""No upload and no publishing takes as long."""

JOBS_KEPT = timedelta(days=7)
"""How long jobs that have ended can be looked at, from when they were queued."""

LISTING_EVERY = timedelta(days=1)

log = logging.getLogger(__name__)


def sweep(ctx: Context, delete: Callable[[Context, Processed], None]) -> None:
    """One round; `delete` removes an entity whose time to live is over."""
    now = ctx.now()
    _delete_expired(ctx, delete, now)
    _purge(ctx, now)
    if count := logs.purge(ctx):
        log.info("purged logs count=%s", count)
    with ctx.store.write(EVERY_RESOURCE) as tx:
        tx.spent.forget(now)
        tx.sign_ins.forget(now)
        tx.repeats.forget(now - KEPT)
        tx.jobs.forget(now - JOBS_KEPT)
    _remove_unfinished_uploads(ctx, now)
    _purge_unnamed(ctx, now)


def _delete_expired(ctx: Context, delete: Callable[[Context, Processed], None], now: datetime) -> None:
    for kind in ENTITY_TABLES:
        with ctx.store.read(EVERY_RESOURCE) as tx:
            due = tx.table(kind).due(now)
        for entity in due:
            if isinstance(entity, Processed):
                delete(ctx, entity)
                log.info("time to live over subject=%s resource=%s", entity.id, entity.resource_id)


def _purge(ctx: Context, now: datetime) -> None:
    with ctx.store.read(EVERY_RESOURCE) as tx:
        due = tx.purges.due(now)
    for prefix in due:
        ctx.blobs.purge(prefix)
        with ctx.store.write(EVERY_RESOURCE) as tx:
            tx.purges.done(prefix)
        log.info("purged prefix=%s", prefix)


def _remove_unfinished_uploads(ctx: Context, now: datetime) -> None:
    for path in ctx.incoming.glob("*"):
        with contextlib.suppress(FileNotFoundError):  # it was finished just now
            if path.stat().st_mtime < (now - UNFINISHED).timestamp():
                if path.is_dir():  # a base model that was being installed
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _purge_unnamed(ctx: Context, now: datetime) -> None:
    note = ctx.scratch / "blobs-listed"
    with contextlib.suppress(FileNotFoundError):
        if note.stat().st_mtime > (now - LISTING_EVERY).timestamp():
            return
    old = [prefix for prefix, newest in ctx.blobs.groups().items() if newest < now - UNFINISHED]
    with ctx.store.read(EVERY_RESOURCE) as tx:
        unnamed = tx.unnamed(old)
    for prefix in unnamed:
        ctx.blobs.purge(prefix)
        log.info("purged unnamed prefix=%s", prefix)
    note.touch()
    os.utime(note, (now.timestamp(), now.timestamp()))
