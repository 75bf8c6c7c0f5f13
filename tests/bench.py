"""A service without processes, for suites above the store: a fixture `bench` on SQLite and on PostgreSQL.

Its engine is the one of `loud_engine`; decoding and codecs run in this process; jobs are done when a test says so, by
the steps that a worker takes. `sqlite_bench` is the same on SQLite alone.
"""

import functools
import io
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import soundfile

import speechsmith
from loud_engine import LoudEngine, peak
from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, PhraseList
from speechsmith.config import Settings
from speechsmith.decoding import process
from speechsmith.decoding.ears import Ears
from speechsmith.decoding.events import Listening
from speechsmith.decoding.live import Deliver, Live
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import SpeechError
from speechsmith.domain.files import File
from speechsmith.domain.jobs import Job
from speechsmith.domain.values import Failure
from speechsmith.engines import registry
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.jobs.table import WORK
from speechsmith.services import models, recognition, resources
from speechsmith.services.context import Context
from speechsmith.services.entities import Labels
from speechsmith.store.blobs import Blobs
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store
from speechsmith.tasks import evaluate, import_dataset, import_to_editor, transcribe
from speechsmith.tasks.base import TaskError
from uploads import zipped
from web import serving

VOICE = Path(speechsmith.__file__).parent / "sample" / "test" / "audio" / "test_01.wav"


_ONE_AT_A_TIME = threading.Lock()  # as in a decode process


class InlinePool:
    """Decodes at once, in the thread that asks."""

    def __init__(self, processes: int, **_options: object) -> None:
        self.processes = processes

    def __enter__(self) -> "InlinePool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self,
        model: ModelFiles,
        wav: Path,
        start: float,
        stop: float,
        *,
        alternatives: int = 1,
        phrases: PhraseList | None = None,
    ) -> Future[list[Hypothesis]]:
        return self._decoded(process.Stretch(model, wav, start, stop, alternatives, phrases))

    def submit_sound(
        self, model: ModelFiles, sound: bytes, start: float, *, alternatives: int = 1, phrases: PhraseList | None = None
    ) -> Future[list[Hypothesis]]:
        stop = start + len(sound) / (2 * SAMPLE_RATE_HZ)
        return self._decoded(process.Stretch(model, sound, start, stop, alternatives, phrases))

    def _decoded(self, stretch: process.Stretch) -> Future[list[Hypothesis]]:
        result: Future[list[Hypothesis]] = Future()
        try:
            with _ONE_AT_A_TIME:
                result.set_result(process.decode(stretch, frozenset(), process.load))
        except EngineError as error:
            result.set_exception(error)
        return result

    def close(self) -> None:
        pass


class InlineLives:
    """Listens at once, in the thread that feeds."""

    def __init__(self, _processes: int, pool: InlinePool, **_options: object) -> None:
        self._pool = pool

    def open(self, wanted: Listening, deliver: Deliver) -> Live:
        def obey(order: str, number: int, *given: Any) -> None:
            ears.obey(order, number, *given)
            while ears.has_work:
                ears.work()

        ears = Ears(lambda told: live.told(told[0], told[2]), process.guesser)
        live = Live(1, wanted, self._pool, deliver, obey)
        obey("open", 1, wanted)
        return live

    def close(self) -> None:
        pass


class InlineBox:
    """Calls functions where it stands."""

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> "InlineBox":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    def close(self) -> None:
        pass


@dataclass
class Clock:
    """A second passes whenever somebody looks."""

    time: datetime = datetime(2025, 1, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@dataclass
class Bench:
    """The service, its first tenant, and the worker's steps by hand."""

    ctx: Context
    clock: Clock
    folder: Path
    tenant: resources.WithKeys
    made: int = field(default=0)

    @property
    def me(self) -> UUID:
        return self.tenant.resource.id

    def labels(self, name: str = "thing", **members: Any) -> Labels:
        return Labels(**({"display_name": name, "locale": "en-US"} | members))

    def claim(self) -> Job | None:
        """Take the next job, as a worker does."""
        with self.ctx.store.write(EVERY_RESOURCE) as tx:
            if (job := tx.jobs.next(self.clock.time)) is None:
                return None
            claimed = job.claim("bench", self.ctx.now())
            tx.jobs.put(claimed)
            WORK[claimed.kind].started(tx, claimed, self.ctx.now())
        return claimed

    def finish(self, job: Job) -> None:
        """Prepare, run, and publish or fail."""
        work = WORK[job.kind]
        try:
            task, out = self.prepared(job)
            result = pickle.loads(pickle.dumps(work.run(task, out, _told)))
            work.publish(self.ctx, job, result, out)
        except (TaskError, SpeechError, EngineError) as error:
            with self.ctx.store.write(EVERY_RESOURCE) as tx:
                current = tx.jobs.get(job.id)
                assert current is not None
                tx.jobs.put(current.fail(job))
                work.failed(tx, job, self.ctx.now(), Failure(error.code, str(getattr(error, "message", error))))

    def ran(self, job: Job) -> Callable[[], None]:
        """Run a job; what comes back publishes it, whatever has happened meanwhile, and raises what that raises."""
        task, out = self.prepared(job)
        result = WORK[job.kind].run(task, out, _told)
        return lambda: WORK[job.kind].publish(self.ctx, job, result, out)

    def prepared(self, job: Job) -> tuple[Any, Path]:
        """The task of a job as its process gets it, and a folder for what it makes."""
        self.made += 1
        out = self.folder / f"out{self.made}"
        out.mkdir()
        return pickle.loads(pickle.dumps(WORK[job.kind].prepare(self.ctx, job))), out

    def work_off(self) -> None:
        """Do all jobs that wait."""
        while job := self.claim():
            self.finish(job)

    def now_is(self, entity: Processed) -> Any:
        """The entity as it is now; None when it is gone."""
        with self.ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.table(type(entity)).find(entity.id)

    def files_of(self, entity: Processed) -> dict[str, File]:
        with self.ctx.store.read(EVERY_RESOURCE) as tx:
            return {file.name: file for file in tx.files.of(entity.id)}

    def content(self, entity: Processed, name: str) -> bytes:
        return self.ctx.blobs.path(self.files_of(entity)[name].blob).read_bytes()

    def upload(self, data: bytes) -> Path:
        """A file that a request has brought."""
        self.made += 1
        path = self.folder / f"upload{self.made}"
        path.write_bytes(data)
        return path

    def as_tenant(self, name: str) -> "Bench":
        """The same service, with another resource of its own."""
        tenant = resources.create(self.ctx, name=name, region="there")
        folder = self.folder / str(tenant.resource.id)
        folder.mkdir()
        return replace(self, tenant=tenant, folder=folder)

    def limited(self, **settings: Any) -> "Bench":
        """The same service under other settings."""
        return replace(self, ctx=replace(self.ctx, settings=replace(self.ctx.settings, **settings)))


def _told(stage: str, fraction: float) -> None:
    assert stage
    assert 0.0 <= fraction <= 1.0


@functools.cache
def speech(sentence: int, *, channels: int = 1, rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """A WAV file of a voice that the engine takes for a sentence; a second channel is silent."""
    samples, rate = soundfile.read(VOICE, dtype="float32")
    assert rate == SAMPLE_RATE_HZ
    samples = samples[: 2 * rate] * (peak(sentence) / np.abs(samples[: 2 * rate]).max())
    if channels > 1:
        samples = np.stack([samples, *[np.zeros_like(samples)] * (channels - 1)], axis=1)
    return wav(samples, rate_hz)


def wav(samples: Any, rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate_hz, format="WAV", subtype="PCM_16")
    return out.getvalue()


def acoustic(transcripts: Mapping[int, str]) -> bytes:
    """An Acoustic archive: sentence n is spoken in `n.wav`, and was written down as given."""
    lines = "\n".join(f"{number}.wav\t{text}" for number, text in transcripts.items())
    return zipped({f"{number}.wav": speech(number) for number in transcripts} | {"trans.txt": lines})


def put_inline(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """No processes, and one engine with its models in the folder."""
    only = registry.Registry({"loud": LoudEngine(folder)})
    patch.setattr(registry, "registry", lambda: only)
    for module in (evaluate, import_to_editor, transcribe, recognition):
        patch.setattr(module, "DecodePool", InlinePool)
    for module in (import_dataset, transcribe, recognition):
        patch.setattr(module, "Sandbox", InlineBox)
    patch.setattr(recognition, "LivePool", InlineLives)


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As `put_inline` says; returns the folder of the models."""
    put_inline(monkeypatch, tmp_path / "models")
    return tmp_path / "models"


def bench_on(store: Store, folder: Path) -> Bench:
    """A service on an empty store, inline, with its first tenant."""
    clock = Clock()
    settings = Settings(home=folder, allow_private_urls=True, decode_processes=1)
    scratch = folder / "scratch"
    blobs = Blobs(str(folder / "blobs"), cache=scratch / "blobs")
    ctx = Context(store=store, blobs=blobs, settings=settings, scratch=scratch, now=clock)
    models.install_packaged(ctx, registry.engines().values())
    return Bench(ctx, clock, folder, resources.create(ctx, name="first", region="here"))


@pytest.fixture
def bench(store: Store, inline: Path, tmp_path: Path) -> Bench:
    """A service on each database."""
    return bench_on(store, tmp_path)


@pytest.fixture
def sqlite_bench(sqlite_store: Store, inline: Path, tmp_path: Path) -> Bench:
    """A service, for suites that the kind of database does not matter to."""
    return bench_on(sqlite_store, tmp_path)


@pytest.fixture
def postgres_bench(postgres_store: Store, inline: Path, tmp_path: Path) -> Bench:
    """A service on PostgreSQL, for what only two writes at once can show."""
    return bench_on(postgres_store, tmp_path)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL under which a server on the loopback gives its files."""
    folder = tmp_path / "web"
    folder.mkdir()
    with serving(folder) as url:
        yield folder, url
