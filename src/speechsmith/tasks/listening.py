"""What is heard in a channel of a recording: by one model, by the surest of several, or by one that learns.

Theory. Where several locales may be spoken, each candidate's model recognizes the same stretches of speech, and
`decoding.languages` says which of them counts: for each phrase by itself, or once for a recording, by the speech that
each of its channels begins with.

Models listen one after another, to a window of stretches each, and not in turns phrase by phrase. So a process needs
one model at a time, however many candidates there are, and a window is all that has to be remembered of those who were
less sure. A window is minutes of sound: to load a model for it once, where it is not warm, is not felt.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from speechsmith.asr.segments import Segment
from speechsmith.asr.types import Hypothesis, Progress
from speechsmith.decoding.languages import chosen
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import Phrase, speech_in, transcribe
from speechsmith.engines.base import Attuned, ModelFiles, Recognized
from speechsmith.engines.registry import engine
from speechsmith.tasks.base import Part
from speechsmith.tasks.results import ALTERNATIVES

WINDOW = 100
"""How many stretches each candidate's model listens to in its turn."""

OPENING = 60.0
"""Seconds of speech, from the start of each channel, by which one locale is chosen for a whole recording.

It bounds the work: in what was measured for `decoding.languages`, the first 11 to 19 seconds were enough.
"""

WARM = 3
"""How many candidates' models a process keeps, of about 110 MB each; others are loaded anew when it is their turn."""

ADAPTING = 0.2
"""The share of learning, of the work of listening a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A locale, the model that recognizes it, and the file of its style."""

    locale: str
    model: ModelFiles
    style: Path | None = None


Opening = Mapping[str, Sequence[Phrase]]
"""What the candidates made of the first stretches of a channel, by their locales."""


def recognized(
    wav: Path,
    model: ModelFiles,
    pool: DecodePool,
    *,
    stretches: Iterable[Segment] | None = None,
    locale: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Phrase]:
    """The phrases of a channel as one model hears them, with the locale where there is one. Raises: EngineError."""
    for phrase in transcribe(wav, model, pool, alternatives=ALTERNATIVES, stretches=stretches, progress=progress):
        yield replace(phrase, locale=locale)


def phrase_by_phrase(
    wav: Path, candidates: Sequence[Listener], fallback: str, pool: DecodePool, *, seconds: float, progress: Progress
) -> Iterator[Phrase]:
    """Each phrase of a channel of so many seconds as the candidate hears it that is surest of it.

    `fallback` is the locale of one of them. Raises: EngineError.
    """
    speech = speech_in(wav)
    begun = 0.0
    while window := list(islice(speech, WINDOW)):
        ended = min(1.0, window[-1].end / seconds)
        heard = _heard_by(wav, candidates, window, pool, progress=Part(progress, begun, ended - begun))
        for at in range(len(window)):
            locale = chosen({locale: _best(phrases[at : at + 1]) for locale, phrases in heard.items()}, fallback)
            yield heard[locale][at]
        begun = ended
    progress("Recognizing", 1.0)


def opening(wav: Path, candidates: Sequence[Listener], pool: DecodePool, *, progress: Progress) -> Opening:
    """What each candidate hears in the first OPENING seconds of speech of a channel. Raises: EngineError."""
    return _heard_by(wav, candidates, list(_first(speech_in(wav))), pool, progress=progress)


def spoken_in(openings: Sequence[Opening], fallback: str) -> str:
    """The one locale of a recording, by how its channels begin."""
    heard: dict[str, list[Hypothesis]] = {}
    for opened in openings:
        for locale, phrases in opened.items():
            heard.setdefault(locale, []).extend(_best(phrases))
    return chosen(heard, fallback)


def continued(
    wav: Path, opened: Opening, listener: Listener, pool: DecodePool, *, progress: Progress
) -> Iterator[Phrase]:
    """All phrases of a channel as one listener hears them; those of its opening are not recognized again.

    The listener may be none of the candidates. Raises: EngineError.
    """
    first = opened.get(listener.locale, ())
    yield from first
    rest = islice(speech_in(wav), len(first), None)
    yield from recognized(wav, listener.model, pool, stretches=rest, locale=listener.locale, progress=progress)


def _first(speech: Iterator[Segment]) -> Iterator[Segment]:
    heard = 0.0
    for stretch in speech:
        yield stretch
        heard += stretch.duration
        if heard >= OPENING:
            return


def _heard_by(
    wav: Path, candidates: Sequence[Listener], stretches: Sequence[Segment], pool: DecodePool, *, progress: Progress
) -> dict[str, list[Phrase]]:
    """By the locale of each candidate, a phrase for each stretch."""
    steps = len(candidates) * len(stretches)
    heard: dict[str, list[Phrase]] = {}
    for number, candidate in enumerate(candidates):
        phrases = heard[candidate.locale] = []
        for phrase in recognized(wav, candidate.model, pool, stretches=stretches, locale=candidate.locale):
            phrases.append(phrase)
            progress("Recognizing", (number * len(stretches) + len(phrases)) / steps)
    return heard


def _best(phrases: Iterable[Phrase]) -> list[Hypothesis]:
    return [phrase.hypotheses[0] for phrase in phrases if phrase.hypotheses]


def heard_again(
    wav: Path,
    first: Sequence[Phrase],
    model: ModelFiles,
    pool: DecodePool,
    out: Path,
    *,
    workers: int,
    progress: Progress,
) -> tuple[list[Phrase], Attuned]:
    """The phrases as the model hears them once it has learned from what it heard first; the first ones if it cannot.

    Raises: EngineError.
    """
    # A name that was never used before: a pool knows a model by the names of its files.
    with tempfile.TemporaryDirectory(prefix="attuned-", dir=out) as folder:
        learned_from = [Recognized(wav, one.start, one.end, one.hypotheses[0]) for one in first if one.hypotheses]
        made = engine(model.engine).attuned(
            model, learned_from, Path(folder), workers=workers, progress=Part(progress, 0.0, ADAPTING)
        )
        if made.model is None:
            return list(first), made
        rest = Part(progress, ADAPTING, 1.0 - ADAPTING)
        stretches = [Segment(phrase.start, phrase.end) for phrase in first]
        locale = first[0].locale if first else None
        return list(recognized(wav, made.model, pool, stretches=stretches, locale=locale, progress=rest)), made
