"""What live sessions notice when processes are killed beneath them, and when a batch or files run beside them."""

import asyncio
import http.client
import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

from benchmarks import delays, service
from benchmarks.conversations import Voices, written
from benchmarks.line import OVER, Turn
from benchmarks.report import Run, Table, milliseconds, percentile
from benchmarks.sessions import SPREAD, together
from benchmarks.watch import pss
from speechsmith.client.entity import id_of, text

SESSIONS = 4
BEFORE, AFTER = 20.0, 20.0  # seconds of sound before a disturbance and after it
BATCH_S = 60.0
BATCH_AUDIO = 1_800.0  # seconds: more than is recognized while the live sessions are listened to
FILES, FILE_S, FILES_S = (
    16,
    44.0,
    180.0,
)  # at once; seconds of each, with room for the last utterance, and for how long they are sent
SHORT_AUDIO = f"/speech/recognition/conversation/cognitiveservices/v1?language={service.LOCALE}"
WARM_S = 4.0
HEALTH_INTERVAL = 0.05  # seconds
LISTENING, DECODING = "speechsmith.decoding.ears", "speechsmith.sandbox"  # what runs in children of the API

Disturbance = Callable[[], object]
Of = Callable[[Turn], Iterator[tuple[float, float]]]  # when a turn was told something, and how late


@dataclass(frozen=True, slots=True)
class Seen:
    """Sessions that were disturbed at a moment of the clock, and what the disturbance gave."""

    at: float
    sessions: Sequence[Sequence[Turn]]

    @property
    def cut(self) -> list[Sequence[Turn]]:
        """Those whose line was closed."""
        return [turns for turns in self.sessions if len(turns) > 1]

    def late(self, of: Of, since: float, until: float) -> list[float]:
        """How late those whose line was not closed were told what was due between two moments, in seconds after the
        disturbance."""
        others = [turns[0] for turns in self.sessions if len(turns) == 1]
        found = [pair for turn in others for pair in of(turn)]
        return [delay for at, delay in found if since <= at - delay - self.at < until]


class Health:
    """Asks /healthz twenty times a second while it is open; how long each answer took, and when."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._error: Exception | None = None
        self.taken: list[tuple[float, float]] = []

    def __enter__(self) -> "Health":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _ask(self) -> None:
        try:
            self._ask_on()
        except Exception as broken:  # noqa: BLE001 - raised where somebody sees it
            self._error = broken

    def _ask_on(self) -> None:
        assert self._address.hostname is not None
        connection = http.client.HTTPConnection(self._address.hostname, self._address.port)
        while not self._stop.wait(HEALTH_INTERVAL):
            began = time.monotonic()
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"/healthz answered {answer.status}")
            self.taken.append((began, time.monotonic() - began))
        connection.close()


def warm(voices: Voices, started: service.Service) -> None:
    """Start the processes of live recognition and have them load their models: a session for each core."""
    sounds = [voices.conversation(WARM_S, 9_000 + number) for number in range(os.cpu_count() or 1)]
    asyncio.run(together(started, sounds))


def measure(run: Run, voices: Voices, started: service.Service) -> Iterator[Table]:
    """Delays of guesses before and after, and how soon /healthz is answered."""
    warm(voices, started)
    scale = 0.3 if run.is_quick else 1.0
    yield _killed(voices, started, BEFORE * scale, AFTER * scale)
    yield _beside_batch(voices, started, BEFORE * scale, BATCH_S * scale)
    yield _beside_files(voices, started, BEFORE * scale, FILES_S * scale)


def _killed(voices: Voices, started: service.Service, before: float, after: float) -> Table:
    rows, remarks = [], []
    for what, module in (("listening", LISTENING), ("decode", DECODING)):
        seen = _disturbed(voices, started, before, after, lambda module=module: _kill(started, module))  # type: ignore[misc]
        rows.append([f"`kill -9` of a {what} process", *_lags(seen, before, after)])
        remarks.append(f"{what.capitalize()} process: {_cut(seen)}")
    return Table(
        f"{SESSIONS} sessions, a process killed",
        ("", "guesses behind, before: median", "p95", "after: median", "p95", "worst"),
        rows,
        (
            *remarks,
            f"The guesses of the sessions that went on, {before:.0f} s before and {after:.0f} s after.",
        ),
    )


def _beside_batch(voices: Voices, started: service.Service, before: float, after: float) -> Table:
    archive = started.home / "batch.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(written(voices.conversation(BATCH_AUDIO, 7), started.home / "batch.wav"), "batch.wav")
    dataset = started.upload(archive, "AudioFiles")
    made = []

    def begin() -> None:
        transcriptions = started.client.transcriptions
        made.append(transcriptions.create(display_name="Beside", locale=service.LOCALE, dataset=dataset))

    with Health(started.url) as health:
        seen = _disturbed(voices, started, before, after, begin)
    state = text(started.client.transcriptions.get(id_of(made[0])), "status")
    answers = [
        [taken for at, taken in health.taken if since <= at - seen.at < until]
        for since, until in ((-before, 0.0), (0.0, after))
    ]
    health_cells = [milliseconds(percentile(taken, share)) for taken in answers for share in (0.5, 0.99)]
    return Table(
        f"{SESSIONS} sessions, {after:.0f} s of batch transcription beside them",
        ("", "before: median", "p95 (`/healthz`: p99)", "meanwhile: median", "p95 (`/healthz`: p99)", "worst"),
        [
            ["guesses behind", *_lags(seen, before, after)],
            ["`/healthz`", *health_cells, milliseconds(max(answers[1]))],
        ],
        (
            f"The transcription of {BATCH_AUDIO / 60:.0f} minutes was {state} at the end.",
            f"Sessions that went on without a break: {SESSIONS - len(seen.cut)} of {SESSIONS}{_reasons(seen)}.",
            "Target: the guesses keep their delay; p99 of `/healthz` under 100 ms.",
        ),
    )


def _beside_files(voices: Voices, started: service.Service, before: float, after: float) -> Table:
    file = written(voices.conversation(FILE_S, 8), started.home / "file.wav").read_bytes()
    taken: list[float] = []

    def send(end: float) -> None:
        while (began := time.monotonic()) < end:
            _recognize(started, file)
            taken.append(time.monotonic() - began)

    def begin() -> None:
        end = time.monotonic() + after
        with ThreadPoolExecutor(FILES) as callers:
            list(callers.map(send, [end] * FILES))

    seen = _disturbed(voices, started, before, after, begin)
    if not taken:
        raise RuntimeError("No file was recognized.")
    return Table(
        f"{SESSIONS} sessions, {FILES} files at once as short audio beside them",
        ("", "before: median", "p95", "meanwhile: median", "p95", "worst"),
        [["guesses behind", *_lags(seen, before, after)], ["finals", *_lags(seen, before, after, delays.finals)]],
        (
            f"{len(taken)} files of {FILE_S:.0f} s or more were sent by {FILES} callers at once.",
            f"They were answered after {percentile(taken, 0.5):.0f} s in the median.",
            f"Sessions that went on without a break: {SESSIONS - len(seen.cut)} of {SESSIONS}{_reasons(seen)}.",
        ),
    )


def _recognize(started: service.Service, file: bytes) -> None:
    address = urlsplit(started.url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request(
        "POST", SHORT_AUDIO, file, {"Ocp-Apim-Subscription-Key": started.key, "Content-Type": "audio/wav"}
    )
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"short audio was answered with {answer.status}: {said.decode(errors='replace')}")


def _disturbed(voices: Voices, started: service.Service, before: float, after: float, disturb: Disturbance) -> Seen:
    """Sessions that speak for the whole time, and the disturbance `before` seconds after all have begun."""
    length = SPREAD + before + after
    sounds = [voices.conversation(length, 1_000 + number) for number in range(SESSIONS)]

    async def disturbance() -> float:
        await asyncio.sleep(SPREAD + before)
        at = time.monotonic()
        await asyncio.to_thread(disturb)
        return at

    async def both() -> Seen:
        sessions, at = await asyncio.gather(together(started, sounds), disturbance())
        if any(turns[-1].end != OVER for turns in sessions):
            raise RuntimeError(f"A session ended so: {', '.join(turns[-1].end for turns in sessions)}")
        return Seen(at, sessions)

    return asyncio.run(both())


def _kill(started: service.Service, module: str) -> None:
    """The largest child of the API that runs this module: it has a model loaded."""
    children = [one for one in started.processes() if f"from {module} import" in " ".join(one.cmdline())]
    os.kill(max((one for one in children if one.ppid() == started.pid), key=pss).pid, signal.SIGKILL)


def _lags(seen: Seen, before: float, after: float, of: Of = delays.lags) -> list[str]:
    early, late = seen.late(of, -before, 0.0), seen.late(of, 0.0, after)
    if not early or not late:
        return ["nobody went on"] + [""] * 4
    shown = [percentile(values, share) for values in (early, late) for share in (0.5, 0.95)]
    return [milliseconds(value) for value in (*shown, max(late))]


def _reasons(seen: Seen) -> str:
    """How the service closed the lines that it closed."""
    return "".join(f"; {turn.end}" for turns in seen.cut for turn in turns[:-1])


def _cut(seen: Seen) -> str:
    """What became of the sessions whose line was closed."""
    if not seen.cut:
        return f"all {len(seen.sessions)} sessions went on, and all were over in the end."
    closed = max(turns[0].ended for turns in seen.cut) - seen.at
    heard = max(turns[1].told[0].at for turns in seen.cut) - seen.at
    return (
        f"{len(seen.cut)} of {len(seen.sessions)} sessions were told so within {milliseconds(closed)} "
        f"({seen.cut[0][0].end}), and on a new line within {milliseconds(heard)}."
    )
