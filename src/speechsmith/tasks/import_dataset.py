"""The task that turns an upload into a dataset: fetch it if need be, then read every line and every sound of it."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from speechsmith.asr.types import CorpusKind, Progress
from speechsmith.domain.values import Failure
from speechsmith.ingest.base import Content, DataFile, Ingested, IngestError, IngestRequest
from speechsmith.ingest.registry import ingest
from speechsmith.ingest.report import REPORT_FILE
from speechsmith.net.fetch import FetchError, FetchPolicy, fetch
from speechsmith.sandbox import Limits, Sandbox
from speechsmith.tasks.base import TaskError


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDataset:
    """Either `upload` is the file that was sent, or `url` says where to get it."""

    kind: CorpusKind
    upload: Path | None
    url: str | None
    request: IngestRequest
    policy: FetchPolicy


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read, and the file that was fetched. With a `failure` nothing could be used, and a report says why."""

    ingested: Ingested
    fetched: Path | None
    failure: Failure | None = None


def run(task: ImportDataset, out: Path, progress: Progress) -> Imported:
    """Raises: TaskError when the upload cannot be read at all."""
    fetched = None
    source = task.upload
    if source is None:
        assert task.url is not None
        fetched = source = out / "fetched"
        progress("Downloading", 0.0)
        try:
            fetch(task.url, fetched, task.policy, progress=lambda share: progress("Downloading", 0.1 * share))
        except FetchError as error:
            raise TaskError(error.code, f"contentUrl: {error}") from None
    data = out / "data"
    data.mkdir()
    try:
        with Sandbox(Limits()) as box:
            ingested = ingest(
                task.kind, source, data, task.request, box, lambda stage, share: progress(stage, 0.1 + 0.9 * share)
            )
    except IngestError as error:
        report = data / REPORT_FILE
        if not report.exists():
            raise TaskError(error.code, str(error)) from None
        return Imported(_nothing(report), fetched, Failure(error.code, str(error)))
    return Imported(ingested, fetched)


def _nothing(report: Path) -> Ingested:
    """An upload of which only its report is left."""
    rejected = int(orjson.loads(report.read_bytes())["rejectedLineCount"])
    return Ingested(0, rejected, None, (DataFile(REPORT_FILE, Content.REPORT, report),))
