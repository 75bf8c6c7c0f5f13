"""Recognizing speech at once. The verb gives the exit code."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import click

from speechsmith.asr.scoring import total
from speechsmith.asr.types import Samples
from speechsmith.cli import address
from speechsmith.cli.parallel import in_parallel
from speechsmith.cli.recognition import answers, microphone
from speechsmith.cli.recognition.answers import Heard
from speechsmith.cli.recognition.bounds import Bounds
from speechsmith.cli.recognition.forms import Forms
from speechsmith.cli.recognition.sources import Source, named, opened, stretches
from speechsmith.cli.session import DONE, FAILED, Session
from speechsmith.cli.values import Value, several
from speechsmith.client.entity import Entity, text
from speechsmith.client.errors import ClientError, Unauthorized, Unreachable, WaitedTooLong
from speechsmith.client.recognition import Phrase, Recognizer, Stretch, Wish, root_of
from speechsmith.client.transport import Transport

PROFANITY = ("masked", "removed", "raw")
FORMATS = ("any", "wav", "mp3", "ogg", "opus", "flac", "alaw", "mulaw")


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
    sources = named(given)
    bounds, forms = Bounds(given, sources), Forms(given, sources)
    locale = _locale(session)
    where = address.speech_address(given, session.command.path)
    if locale is None and any(source.transcript is not None for source in sources):
        raise click.UsageError(
            "In which language are the transcripts? The endpoint knows, spx does not: --language LOCALE."
        )
    wish = Wish(
        language=locale,
        endpoint=address.endpoint_id(given),
        phrases=tuple(several(given, "phrases")),
        profanity=str(given["profanity"]).casefold() if "profanity" in given else None,
        words=bool(given.get("word.timing")) or forms.needs_times,
        logged=bool(given.get("logging")),
    )
    token = str(given["token"]) if "token" in given else None
    key = None if token else address.key(given, session.command.path)
    server = Transport(root_of(where), key, token=token, proxy=_proxy(given), observe=session.observe)
    try:
        heard = _all(_Run(session, sources, server, where, wish, locale), _threads(given))
    finally:
        server.close()
    code = _show(session, forms, heard)
    if code == DONE:
        bounds.check(heard)
    return code


def _all(run: _Run, threads: int) -> list[Heard]:
    """Every source in its order, up to one that ends all."""
    done: dict[int, Heard] = {}

    def recognize_one(at: int) -> bool:
        done[at] = run(run.sources[at])
        return not isinstance(done[at].error, _ENDS_ALL)

    is_interrupted = False
    try:
        in_parallel(recognize_one, len(run.sources), threads=threads)
    except KeyboardInterrupt:  # while threads are waited for; without them it is part of what was heard
        is_interrupted = True
    ended = dict(done)  # what is still being recognized then comes too late
    missing = [at for at in range(len(run.sources)) if at not in ended]
    if is_interrupted and missing:
        ended[missing[0]] = Heard(run.sources[missing[0]], "", error=_Interrupted("Interrupted."))
    heard = [ended[at] for at in sorted(ended)]
    end = next((at for at, one in enumerate(heard, 1) if isinstance(one.error, _ENDS_ALL)), len(heard))
    return heard[:end]


def _show(session: Session, forms: Forms, heard: Sequence[Heard]) -> int:
    """The answer, even where only a part was heard; then the exit code, or the error that ended it."""
    failed = [one for one in heard if one.error]
    raised = failed[-1].error if failed and (forms.is_one or isinstance(failed[-1].error, _ENDS_ALL)) else None
    if not raised or any(one.phrases for one in heard):
        session.show(answers.answer(heard[0]) if forms.is_one else _list_of(heard), forms.of(heard))
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
    return DONE


def _list_of(heard: Sequence[Heard]) -> Entity:
    counted = [one.counts for one in heard if one.counts is not None]
    listed: Entity = {"values": [answers.answer(one) for one in heard]}
    return {**answers.rate(total(counted)), **listed} if counted else listed


def _check_values(given: Mapping[str, Value]) -> None:
    """Raises: UsageError: a value cannot be understood."""
    for field, known in (("format", FORMATS), ("profanity", PROFANITY)):
        if field in given and str(given[field]).casefold() not in known:
            printed = " How the answer is printed: --output all text, --output tsv." if field == "format" else ""
            raise click.UsageError(f"--{field} is one of {', '.join(known)}, not '{given[field]}'.{printed}")


def _locale(session: Session) -> str | None:
    """The language to ask for; None where the endpoint settles it."""
    locales = several(session.given, "locales")
    if len(locales) > 1:
        raise click.UsageError(
            "--languages names several, but languages are not told apart here; recognize once for each --language."
        )
    if locale := str(session.given.get("locale") or "".join(locales)):
        return locale
    query = str(session.given.get("endpoint", "")).partition("?")[2]
    if address.endpoint_id(session.given) or "cid=" in query or "language=" in query:
        return None
    return session.preset_locale()


def _proxy(given: Mapping[str, Value]) -> str | None:
    named = str(given.get("proxy", ""))
    return (named if "://" in named else f"http://{named}") if named else None


def _threads(given: Mapping[str, Value]) -> int:
    return max(1, int(str(given.get("threads", 1))))


def _seconds(given: Mapping[str, Value]) -> float | None:
    return int(str(given["timeout"])) / 1000 if "timeout" in given else None


def _device(given: Mapping[str, Value]) -> str:
    return several(given, "microphone")[-1]
