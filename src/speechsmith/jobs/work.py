"""What a kind of job consists of. The worker knows nothing else about datasets, models and the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from speechsmith.domain.jobs import Job
from speechsmith.domain.values import Failure
from speechsmith.services.context import Context
from speechsmith.store.sql import Transaction
from speechsmith.tasks.base import Run


@dataclass(frozen=True, slots=True)
class Work:
    """The steps of one kind of job, in the order in which they happen.

    started: moves the entity to Running, in the transaction that claims the job.
    prepare: reads rows and blobs, and gives the task. Raises: TaskError when the work makes no sense.
    run: a top-level function that is run in a process of its own, as `run(task, out, progress)`.
    publish: takes `(context, job, result, out)`, moves the files of `out` to blobs under a prefix of this attempt, then
        ends the job with `current.succeed(job)` and keeps the entity and its files, in one write. It may be late: then
        `succeed` raises LostLease, and nothing must have changed.
    failed: moves the entity, if it is still there, to Failed, in the transaction that ends the job.

    prepare and publish are called in a thread of the worker, one at a time for a job. Both may be repeated by the next
    attempt, after a crash at any point.
    """

    started: Callable[[Transaction, Job, datetime], None]
    prepare: Callable[[Context, Job], Any]
    run: Run
    publish: Callable[[Context, Job, Any, Path], None]
    failed: Callable[[Transaction, Job, datetime, Failure], None]
