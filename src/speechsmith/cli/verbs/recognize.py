"""Recognizing speech at once. The verb gives the exit code."""

import operator
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from speechsmith.asr.scoring import total
from speechsmith.asr.types import Samples
from speechsmith.cli import address, hives
from speechsmith.cli.recognition import answers, microphone
from speechsmith.cli.recognition.answers import Heard
from speechsmith.cli.recognition.sources import STDIN, Source, listed, matching, opened, stretches
from speechsmith.cli.session import DONE, FAILED, Session
from speechsmith.cli.values import Value
from speechsmith.client.entity import Entity, text
from speechsmith.client.errors import CheckFailed, ClientError, Unauthorized, Unreachable, WaitedTooLong
from speechsmith.client.recognition import Phrase, Recognizer, Stretch, Wish, root_of
from speechsmith.client.transport import Transport

DEFAULT_LOCALE = "en-US"
PROFANITY = ("masked", "removed", "raw")
FORMATS = ("any", "wav", "mp3", "ogg", "opus", "flac", "alaw", "mulaw")
_SCOPES = ("all", "each")
_INPUTS = {"file": "--file", "files": "--files", "url": "--url", "microphone": "--microphone", "foreach": "--foreach"}
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    name: getattr(operator, name) for name in ("lt", "le", "eq", "ge", "gt")
}


class _Interrupted(ClientError):
    """The user has had enough; what was recognized by then is the answer."""


_ENDS_ALL = (Unauthorized, Unreachable, _Interrupted)  # the next recording would fare no better


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of the command: how each source is recognized."""

    session: Session
    sources: Sequence[Source]
    server: Transport
    address: str
    wish: Wish
    locale: str | None  # of the transcripts

    def __call__(self, source: Source) -> Heard:
        """What is recognized in a source; what went wrong is part of it."""
        recognizer = Recognizer(self.server, self.address, self.wish)
        phrases: list[Phrase] = []
        error: ClientError | None = None
        try:
            if "microphone" in self.session.given:
                self._listen(source, recognizer, phrases)
            else:
                self._read(source, recognizer, phrases)
        except ClientError as stopped:
            error = stopped
        except KeyboardInterrupt:
            error = _Interrupted("Interrupted.")
        counts = None
        if source.transcript is not None and self.locale and not error:
            counts = answers.scored(source.transcript, phrases, self.locale)
        return Heard(source, recognizer.session, tuple(phrases), counts, error)

    def _read(self, source: Source, recognizer: Recognizer, phrases: list[Phrase]) -> None:
        place = f" ({self.sources.index(source) + 1} of {len(self.sources)})" if len(self.sources) > 1 else ""
        self.session.progress.say(f"Recognizing {source.name}{place} ...")
        with opened(source, self.server) as blocks:
            found = stretches(blocks, longest=recognizer.longest)
            self._recognize(source, recognizer, self._in_time(found), phrases)
            if "all" not in self.session.given and next(found, None):
                self.session.progress.say(f"{source.id}: more is said after that; --continuous recognizes all of it.")

    def _listen(self, source: Source, recognizer: Recognizer, phrases: list[Phrase]) -> None:
        given = self.session.given
        seconds = _seconds(given)
        with microphone.until_interrupted() as is_over:
            blocks: Iterator[Samples] = microphone.listening(_device(given), seconds=seconds, is_over=is_over)
            self.session.progress.say("Listening; Ctrl-C ends it ...")
            self._recognize(source, recognizer, stretches(blocks, longest=recognizer.longest), phrases)

    def _recognize(
        self, source: Source, recognizer: Recognizer, found: Iterator[Stretch], phrases: list[Phrase]
    ) -> None:
        wanted = found if "all" in self.session.given else islice(found, 1)
        for phrase in recognizer.phrases(wanted):
            phrases.append(phrase)
            self.session.progress.say(f"{source.id}: {phrase.display or text(phrase.result, 'RecognitionStatus')}")

    def _in_time(self, found: Iterable[Stretch]) -> Iterator[Stretch]:
        seconds = _seconds(self.session.given)
        end = None if seconds is None else time.monotonic() + seconds
        for stretch in found:
            if end is not None and time.monotonic() > end:
                reached = f"{stretch.start:.1f} s of it"
                raise WaitedTooLong(f"The time is up at {reached}; give a longer --timeout for the rest.", None)
            yield stretch


def recognize(session: Session) -> int:
    """Recognize what is said in every source; with --check exit with another code where that was not well enough."""
    given = session.given
    _check_values(given)
    sources = _sources(given)
    written = _Written(given, sources)
    locale = _locale(session)
    where = address.speech_address(given, session.command.path)
    if locale is None and any(source.transcript is not None for source in sources):
        raise click.UsageError(
            "In which language are the transcripts? The endpoint knows, spx does not: --language LOCALE."
        )
    wish = Wish(
        language=locale,
        endpoint=address.endpoint_id(given),
        phrases=tuple(_list(given, "phrases")),
        profanity=str(given["profanity"]).casefold() if "profanity" in given else None,
        words=bool(given.get("word.timing")) or written.needs_times,
        logged=bool(given.get("logging")),
    )
    token = str(given["token"]) if "token" in given else None
    key = None if token else address.key(given, session.command.path)
    server = Transport(root_of(where), key, token=token, proxy=_proxy(given), observe=session.observe)
    try:
        heard = _all(_Run(session, sources, server, where, wish, locale), _threads(given))
    finally:
        server.close()
    return _finish(session, written, heard)


def _all(run: _Run, threads: int) -> list[Heard]:
    """Every source in its order, up to one that ends all."""
    heard: list[Heard] = []
    if threads == 1:
        for source in run.sources:
            heard.append(run(source))
            if isinstance(heard[-1].error, _ENDS_ALL):
                break
        return heard
    with ThreadPoolExecutor(threads) as pool:
        try:
            for one in pool.map(run, run.sources):
                heard.append(one)
                if isinstance(one.error, _ENDS_ALL):
                    break
        except KeyboardInterrupt:
            heard.append(Heard(run.sources[len(heard)], "", error=_Interrupted("Interrupted.")))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return heard


def _finish(session: Session, written: "_Written", heard: Sequence[Heard]) -> int:
    failed = [one for one in heard if one.error]
    is_one = written.is_one
    raised = failed[-1].error if failed and (is_one or isinstance(failed[-1].error, _ENDS_ALL)) else None
    if not raised or any(one.phrases for one in heard):
        session.show(answers.answer(heard[0]) if is_one else _list_of(heard), written.forms(heard))
    if isinstance(raised, _Interrupted):
        raise KeyboardInterrupt
    if raised:
        raise raised
    if failed:
        click.echo(
            f"ERROR: {len(failed)} of {len(heard)} recordings could not be recognized; the answer says why of each.",
            err=True,
        )
        return FAILED
    _check(session.given, heard)
    return DONE


def _list_of(heard: Sequence[Heard]) -> Entity:
    counted = [one.counts for one in heard if one.counts is not None]
    listed: Entity = {"values": [answers.answer(one) for one in heard]}
    return {**answers.rate(total(counted)), **listed} if counted else listed


def _check(given: Mapping[str, Value], heard: Sequence[Heard]) -> None:
    rates = [(one.source.name, one.percent) for one in heard]
    counts = total(one.counts for one in heard if one.counts is not None)
    together = [("all together", None if counts.wer is None else 100 * counts.wer)]
    found = [
        f"{name}: {'no words in the transcript' if percent is None else f'{percent:.2f} % is not {op} {limit}'}"
        for field, measured in (("check", rates), ("check.total", together))
        for op, limit in _pairs(given, field).items()
        for name, percent in measured
        if percent is None or not _COMPARED[op](percent, limit)
    ]
    if found:
        more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
        raise CheckFailed(f"The word error rate is not as it should be. {'; '.join(found[:3])}{more}.")


class _Written:
    """The forms of the answer that are asked for. Raises: UsageError, before anything is sent."""

    def __init__(self, given: Mapping[str, Value], sources: Sequence[Source]) -> None:
        self.given = given
        self.is_one = not {"files", "foreach"} & given.keys()
        self.needs_times = bool({"out.vtt", "out.srt"} & given.keys())
        self._tables: list[tuple[Path, list[str], bool, str]] = []
        for scope in _SCOPES:
            type = str(given.get(f"{scope}.type", "tsv")).casefold()
            if type not in {"tsv", "json"}:
                raise click.UsageError(f"--output {scope} file type is tsv or json, not '{type}'.")
            items = [answers.item(words) for words in _list(given, f"{scope}.items")]
            if items or f"{scope}.file" in given:
                target = Path(str(given.get(f"{scope}.file", "-")))
                self._tables.append((target, items or [*answers.PRESET], scope == "each", type))
        for form in answers.OF_ONE:
            if form_target := given.get(f"out.{form}"):
                targets = {_named(form_target, source) for source in sources}
                if len(targets) < len(sources):
                    raise click.UsageError(
                        f"--output {form} writes one file for each recording; name them so that each has its own: "
                        f"--output {form} file {{id}}.{'json' if form == 'batch' else form}"
                    )

    def forms(self, heard: Sequence[Heard]) -> Iterator[tuple[Path, str]]:
        """Where each form goes, and what it holds."""
        if "out.tsv" in self.given:
            yield Path(str(self.given["out.tsv"])), answers.table(heard, answers.PRESET, each=False, type="tsv")
        for target, items, each, type in self._tables:
            yield target, answers.table(heard, items, each=each, type=type)
        for form in answers.OF_ONE:
            if f"out.{form}" in self.given:
                for one in heard:
                    if not one.error or one.phrases:
                        yield _named(self.given[f"out.{form}"], one.source), answers.OF_ONE[form](one)


def _named(target: Value, source: Source) -> Path:
    return Path(str(target).replace("{id}", source.id))


def _sources(given: Mapping[str, Value]) -> list[Source]:
    named = [option for field, option in _INPUTS.items() if field in given]
    if len(named) != 1:
        those = f"; there are {' and '.join(named)}" if named else ""
        raise click.UsageError(f"What is to be recognized? Give one of {', '.join(_INPUTS.values())}{those}.")
    said = str(given["transcript"]) if "transcript" in given else None
    if "files" in given:
        sources = matching(_list(given, "files"))
    elif "foreach" in given:
        sources = listed(_list(given, "foreach")[-1], hives.read)
    elif "microphone" in given:
        sources = [Source("microphone")]
    else:
        sources = [Source(str(given.get("file") or given.get("url")))]
        if "file" in given and sources[0].name != STDIN and not Path(sources[0].name).is_file():
            raise click.UsageError(f"--file names '{sources[0].name}', but there is no such file.")
    if said is not None:
        if len(sources) > 1:
            raise click.UsageError("--transcript is of one recording; for several: --foreach file;transcript in @LIST.")
        sources = [Source(sources[0].name, said)]
    if _checks(given) and any(source.transcript is None for source in sources):
        raise click.UsageError(
            "--check wer needs what was said: --transcript TEXT, or a column transcript in --foreach."
        )
    return sources


def _checks(given: Mapping[str, Value]) -> bool:
    return bool({"check", "check.total"} & given.keys())


def _check_values(given: Mapping[str, Value]) -> None:
    """Raises: UsageError: a value cannot be understood."""
    for field, known in (("format", FORMATS), ("profanity", PROFANITY)):
        if field in given and str(given[field]).casefold() not in known:
            raise click.UsageError(f"--{field} is one of {', '.join(known)}, not '{given[field]}'.")
    for field in ("check", "check.total"):
        for op, limit in _pairs(given, field).items():
            if op not in _COMPARED or isinstance(limit, bool) or not isinstance(limit, int | float):
                raise click.UsageError(
                    f"--check wer takes one of {', '.join(_COMPARED)} and a number of percent, not '{op} {limit}'."
                )


def _locale(session: Session) -> str | None:
    """The language to ask for; None where the endpoint settles it."""
    several = _list(session.given, "locales")
    if len(several) > 1:
        raise click.UsageError(
            "--languages names several, but languages are not told apart here; recognize once for each --language."
        )
    if locale := str(session.given.get("locale") or "".join(several)):
        return locale
    query = urlsplit(str(session.given.get("endpoint", ""))).query
    if address.endpoint_id(session.given) or "cid=" in query or "language=" in query:
        return None
    session.progress.say(f"No --language is given; it will be {DEFAULT_LOCALE}.")
    return DEFAULT_LOCALE


def _proxy(given: Mapping[str, Value]) -> str | None:
    named = str(given.get("proxy", ""))
    return (named if "://" in named else f"http://{named}") if named else None


def _threads(given: Mapping[str, Value]) -> int:
    return max(1, int(str(given.get("threads", 1))))


def _seconds(given: Mapping[str, Value]) -> float | None:
    return int(str(given["timeout"])) / 1000 if "timeout" in given else None


def _device(given: Mapping[str, Value]) -> str:
    return _list(given, "microphone")[-1]


def _list(given: Mapping[str, Value], field: str) -> list[str]:
    found = given.get(field, [])
    return found if isinstance(found, list) else []


def _pairs(given: Mapping[str, Value], field: str) -> dict[str, Any]:
    found = given.get(field, {})
    return found if isinstance(found, dict) else {}
