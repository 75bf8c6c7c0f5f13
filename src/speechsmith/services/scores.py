"""Use cases of what a test found, utterance by utterance: what was said, what each model heard, and where they differ.

All of it stands in the files of the evaluation. They show, of a word that was replaced, only what was heard; what was
said there are the words of the transcript that are left, so nothing is aligned a second time. Where a test has no
transcripts its two models are aligned with each other.
"""

import contextlib
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any
from uuid import UUID
from xml.sax.saxutils import unescape

import orjson

from speechsmith.asr.scoring import Edit, EditKind, ErrorCounts, TermCounts, align, term_counts
from speechsmith.asr.text import Normalizer, UnknownNormalizer, normalizer
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.models import CustomModel
from speechsmith.domain.status import Status
from speechsmith.engines import registry
from speechsmith.engines.base import EngineError
from speechsmith.services import entities, model_choice
from speechsmith.services.context import Context

log = logging.getLogger(__name__)

_TAGGED = re.compile(r"<(insertion|deletion|substitution)>([^<]*)</\1>|([^<\s]+)")
_TICKS_PER_SECOND = 10_000_000
_SCORED = re.compile(r"\.model[12]_score\.json$")
_OF_BOTH = 2  # each utterance has a file for model 1 and one for model 2, also where they are the same model


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an alignment. `start` and `end` are seconds, None where the word was not heard, or cannot be found."""

    kind: EditKind
    said: str | None
    heard: str | None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model made of an utterance. `file` has the whole result, `shown` is the text as it is displayed.

    Of a word that was replaced `reference` is None where the transcript is gone. Between two models without a
    transcript, what the other one heard counts as said.
    """

    file: File
    shown: str
    edits: Sequence[Edit]
    counts: ErrorCounts


@dataclass(frozen=True, slots=True)
class Compared:
    """An utterance of a test. `number` counts from 1 in the order of the test; `transcript` is None without any.

    `sound` is its number in the dataset, see `sounds`; None when that is gone.
    """

    number: int
    name: str
    transcript: str | None
    sound: int | None
    heard: Sequence[Heard]

    @property
    def errors(self) -> int:
        """Those of all models together."""
        return sum(one.counts.errors for one in self.heard)


@dataclass(frozen=True)
class Words:
    """The words of a whole test for one model: how often each was said, missed, replaced by which, and made up.

    `unknown` are those that were said and that the model does not know at all; None when it cannot be asked any more.
    """

    said: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    inserted: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    utterances_with_errors: int = 0
    unknown: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Words that were said and that a base model does not have, and for each model how well it recognizes them.

    They are what a model is trained for, and the same for all models, or their recalls could not be compared.
    """

    base_id: UUID
    words: frozenset[str]
    counts: Sequence[TermCounts]


@dataclass(frozen=True)
class Results:
    """All of a test: its distinct models, one or two, the utterances, and for each model its words.

    `terms` are those of the first model's base; None where no words were said, or the base is not there to be asked.
    """

    model_ids: Sequence[UUID]
    utterances: Sequence[Compared]
    words: Sequence[Words]
    terms: Terms | None = None

    @cached_property
    def worst_first(self) -> Sequence[Compared]:
        """Those with the most errors first; of equally bad ones the earlier."""
        return sorted(self.utterances, key=lambda one: (-one.errors, one.number))


def results(ctx: Context, evaluation: Evaluation) -> Results:
    """What a test found; nothing, as long as it has not Succeeded.

    Raises: Conflict (ResultsMissing) when its files are gone from the blob store.
    """
    if evaluation.status is not Status.SUCCEEDED:
        return Results((), (), ())
    with ctx.store.read(_owner_of(evaluation)) as tx:
        has_transcripts = tx.table(Dataset).find(evaluation.dataset_id) is not None
    with _whole(evaluation):
        return _kept(_Finished(evaluation.id, has_transcripts, ctx, evaluation))


@contextlib.contextmanager
def _whole(evaluation: Evaluation) -> Iterator[None]:
    """Raises: Conflict (ResultsMissing)."""
    try:
        yield
    except (FileNotFoundError, orjson.JSONDecodeError) as error:
        log.error("results missing evaluation=%s reason=%s", evaluation.id, type(error).__name__)
        raise Conflict(
            "ResultsMissing",
            f"Files with the results of the test '{evaluation.display_name}' are gone or damaged, so what was heard "
            "cannot be shown. Whoever runs the service may have them in a backup; else make the test again.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Finished:
    """An evaluation as the memory below knows it: its results change only when its dataset is deleted."""

    id: UUID
    has_dataset: bool
    ctx: Context = field(compare=False)
    evaluation: Evaluation = field(compare=False)


@lru_cache(maxsize=8)
def _kept(finished: _Finished) -> Results:
    return _read(finished.ctx, finished.evaluation)


def tokens(ctx: Context, evaluation: Evaluation, heard: Heard) -> list[Token]:
    """The words of what a model heard, with their times. Raises: Conflict (ResultsMissing)."""
    words = [edit.hypothesis for edit in heard.edits if edit.hypothesis is not None]
    with _whole(evaluation):
        times = _times(ctx.blobs.path(heard.file.blob).read_bytes())
    if [word for word, _, _ in times] != words:  # a decoder's word may count as two, or as another spelling
        text = _normalizer(evaluation)
        times = [(counted, start, end) for word, start, end in times for counted in text.tokens(word)]
    known = iter(times if [word for word, _, _ in times] == words else [(word, None, None) for word in words])
    shown = []
    for edit in heard.edits:
        _, start, end = (None, None, None) if edit.hypothesis is None else next(known)
        shown.append(Token(edit.kind, edit.reference, edit.hypothesis, start, end))
    return shown


def file(ctx: Context, resource_id: UUID, evaluation_id: UUID, file_id: UUID) -> tuple[str, bytes]:
    """A file of a test by its id: its name and what is in it. Raises: NotFound."""
    found = entities.file(ctx, resource_id, Evaluation, evaluation_id, file_id)
    try:
        return found.name, ctx.blobs.path(found.blob).read_bytes()
    except FileNotFoundError:
        raise NotFound("file", file_id) from None


def _read(ctx: Context, evaluation: Evaluation) -> Results:
    model_ids = list(dict.fromkeys((evaluation.model1_id, evaluation.model2_id)))
    with ctx.store.read(_owner_of(evaluation)) as tx:
        files = [file for file in tx.files.of(evaluation.id) if file.kind is FileKind.EVALUATION_DETAILS]
        tested = tx.files.of(evaluation.dataset_id)
    text = _normalizer(evaluation)
    said = list(dict.fromkeys(model_choice.transcripts(ctx, tested)))
    sounds = (file.name for file in tested if file.kind is FileKind.AUDIO)
    sound_of = {name: number for number, name in enumerate(sounds, start=1)}
    count = len(files) // _OF_BOTH
    columns = [files[at * count : (at + 1) * count] for at in range(len(model_ids))]
    utterances = []
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        name = _SCORED.sub("", row[0].name)
        known = said[number - 1][1] if len(said) == count and said[number - 1][0] == name else None
        heard = _heard(ctx, row, None if known is None else text.tokens(known), text)
        utterances.append(Compared(number, name, known or None, sound_of.get(name), heard))
    words = [_words(ctx, evaluation, utterances, at, id) for at, id in enumerate(model_ids)]
    return Results(model_ids, utterances, words, _terms(ctx, evaluation, utterances, words))


def counted(utterances: Sequence[Compared], models: int, terms: frozenset[str]) -> Sequence[TermCounts]:
    """How well each of so many models recognizes terms."""
    return [term_counts(chain.from_iterable(one.heard[at].edits for one in utterances), terms) for at in range(models)]


def _terms(
    ctx: Context, evaluation: Evaluation, utterances: Sequence[Compared], words: Sequence[Words]
) -> Terms | None:
    """What was said in a test that the base of its first model does not have."""
    first = model_choice.known(ctx, _owner_of(evaluation), [evaluation.model1_id]).get(evaluation.model1_id)
    if first is None or not words[0].said:
        return None
    base_id, unknown = first.id, words[0].unknown
    if isinstance(first, CustomModel):
        base_id = first.base_model_id
        known = _vocabulary(ctx, evaluation, base_id)
        unknown = None if known is None else frozenset(words[0].said) - known
    return None if unknown is None else Terms(base_id, unknown, counted(utterances, len(words), unknown))


def _owner_of(evaluation: Evaluation) -> UUID:
    assert evaluation.resource_id is not None
    return evaluation.resource_id


def _normalizer(evaluation: Evaluation) -> Normalizer:
    """The rules that the test was counted by; today's, where this release no longer has them."""
    used: Any = (evaluation.comparison or {}).get("normalizer", {})
    try:
        return normalizer(evaluation.locale, used.get("version"))
    except UnknownNormalizer:
        return normalizer(evaluation.locale)


def _heard(ctx: Context, files: Sequence[File], said: Sequence[str] | None, text: Normalizer) -> list[Heard]:
    """What each model heard in one utterance."""
    found = [orjson.loads(ctx.blobs.path(file.blob).read_bytes()) for file in files]
    if all("alignment" in one for one in found):
        edits = [_edits(one["alignment"]["scoringResult"], said) for one in found]
    else:
        plain = [
            text.tokens(" ".join(phrase["nBest"][0]["lexical"] for phrase in one["recognizedPhrases"])) for one in found
        ]
        other = [plain[-1 - at] for at in range(len(plain))]
        edits = [align(theirs, mine).edits for mine, theirs in zip(plain, other, strict=True)]
    shown = [" ".join(phrase["display"] for phrase in one["combinedRecognizedPhrases"]) for one in found]
    return [Heard(file, text, made, _counted(made)) for file, text, made in zip(files, shown, edits, strict=True)]


def _counted(edits: Sequence[Edit]) -> ErrorCounts:
    kinds = Counter(edit.kind for edit in edits)
    return ErrorCounts(*(kinds[kind] for kind in EditKind))


def _edits(tagged: str, said: Sequence[str] | None) -> tuple[Edit, ...]:
    """The alignment of a file, with the words of the transcript where these are known, and fit."""
    steps = [
        (EditKind(tag) if tag else EditKind.CORRECT, unescape(word if tag else plain))
        for tag, word, plain in _TAGGED.findall(tagged)
    ]
    consumed = [word for kind, word in steps if kind is not EditKind.INSERTION]
    fits = said is not None and len(said) == len(consumed)
    left: Iterator[str | None] = iter(said if fits and said is not None else [None] * len(consumed))
    edits = []
    for kind, word in steps:
        reference = None if kind is EditKind.INSERTION else next(left)
        if kind in (EditKind.CORRECT, EditKind.DELETION):
            reference = word
        edits.append(Edit(kind, reference, None if kind is EditKind.DELETION else word))
    return tuple(edits)


def _times(result: bytes) -> list[tuple[str, float | None, float | None]]:
    """The words as the decoder found them: each with the seconds at which it begins and ends."""
    found = []
    for phrase in orjson.loads(result)["recognizedPhrases"]:
        for word in phrase["nBest"][0].get("words", ()):
            start = word["offsetInTicks"] / _TICKS_PER_SECOND
            end = start + word["durationInTicks"] / _TICKS_PER_SECOND
            found.append((word["word"], start, end))
    return found


def _words(ctx: Context, evaluation: Evaluation, utterances: Sequence[Compared], at: int, model_id: UUID) -> Words:
    words = Words()
    wrong = 0
    for utterance in utterances:
        if utterance.transcript is None:
            continue
        heard = utterance.heard[at]
        wrong += heard.counts.errors > 0
        for kind, said, got in heard.edits:
            if said is not None:
                words.said[said] += 1
                words.missed[said] += kind is not EditKind.CORRECT
            if kind is EditKind.SUBSTITUTION and said is not None and got is not None:
                words.confused[said, got] += 1
            elif kind is EditKind.DELETION and said is not None:
                words.deleted[said] += 1
            elif kind is EditKind.INSERTION and got is not None:
                words.inserted[got] += 1
    known = _vocabulary(ctx, evaluation, model_id) if words.said else None
    unknown = None if known is None else frozenset(words.said) - known
    return Words(words.said, words.missed, words.confused, words.inserted, words.deleted, wrong, unknown)


def _vocabulary(ctx: Context, evaluation: Evaluation, model_id: UUID) -> frozenset[str] | None:
    """The words that a model knows; None when it is gone, or its files are."""
    try:
        with ctx.store.read(_owner_of(evaluation)) as tx:
            model = model_choice.find(tx, model_id)
            base = model_choice.base_of(tx, model)
        files = model_choice.files_of(ctx, model, base)
        return registry.engine(base.engine).vocabulary(files)
    except (EngineError, Invalid, NotFound, OSError):
        return None
