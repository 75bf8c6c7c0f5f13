"""The task that makes a custom model: hand the corpus to the engine, and remember what it learned from.

How text is written is learned here and not by engines: capitals from the text, the transcripts and the words that have
a pronunciation, and the user's own format. Both stand in `display.json` beside the engine's files; a model that learns
nothing else has no other file, and hears as its base does.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from speechsmith.asr.audio import pcm_digest
from speechsmith.asr.display import Formatter
from speechsmith.asr.display.casing import Casing
from speechsmith.asr.display.custom import MOST_TESTS, OutputFormat, check_tests
from speechsmith.asr.display.style import STYLE_FILE, Style
from speechsmith.asr.markdown import Block, entry, items
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import Corpus, Progress, Utterance
from speechsmith.engines.base import AdaptOptions, AdaptResult, EngineError
from speechsmith.engines.registry import engine
from speechsmith.tasks.base import TaskError

_LISTED = 200  # failed tests that the report names


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainModel:
    """A base, what to learn, how to write (files of output formatting), and the user's wishes."""

    engine: str
    base: Path
    corpus: Corpus
    formats: tuple[Path, ...] = ()
    options: AdaptOptions


@dataclass(frozen=True, slots=True)
class Trained:
    """The weight that was used. `model`, `report.json` and `digests.txt` lie in the folder of the attempt."""

    weight: float | None


def run(task: TrainModel, out: Path, progress: Progress) -> Trained:
    """Raises: TaskError when nothing can be learned, EngineError when the engine may do better later."""
    model = out / "model"
    model.mkdir()
    result = AdaptResult(None, {})
    if not task.formats or _has_speech_or_text(task.corpus):
        try:
            result = engine(task.engine).adapt(task.base, task.corpus, model, task.options, progress)
        except EngineError as error:
            if error.retriable:
                raise
            raise TaskError(error.code, str(error)) from error
    report = {**result.report, "display": write_style(model, task.corpus, task.formats)}
    (out / "report.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
    digests = utterance_digests(task.corpus.locale, task.corpus.utterances)
    (out / "digests.txt").write_text("\n".join(digests), encoding="utf-8")
    return Trained(result.weight)


def _has_speech_or_text(corpus: Corpus) -> bool:
    """Whether there is anything for an engine."""
    return any((corpus.text, corpus.pronunciations, corpus.structured, corpus.utterances, corpus.recordings))


def write_style(model: Path, corpus: Corpus, formats: Sequence[Path] = ()) -> dict[str, Any]:
    """Learn how to write, and keep it in the folder of the model; returns what the report tells of it."""
    casing = Casing.learned(_as_written(corpus), _displayed(corpus))
    custom = None
    for path in formats:
        with path.open(encoding="utf-8") as lines:
            read = OutputFormat.read(lines, corpus.locale)
        custom = custom + read if custom else read
    Style(casing, custom).save(model / STYLE_FILE, corpus.locale)
    told: dict[str, Any] = {"casing": len(casing.written)}
    if custom:
        rules = {"itn": custom.itn_rules, "rewrite": custom.rewrites, "profanity": custom.profanity}
        told["rules"] = {section: len(lines) for section, lines in rules.items()}
        told["tests"] = _tested(custom, Formatter(corpus.locale, casing=casing, custom=custom))
    return told


def _as_written(corpus: Corpus) -> Iterator[str]:
    """The text of the corpus, with its capitals."""
    yield from corpus.sentences()
    for path in corpus.structured:
        with path.open(encoding="utf-8") as lines:
            yield from (text for _, heading, text in items(lines) if heading.block is not Block.LEXICON)
    for utterance in corpus.utterances:
        yield utterance.transcript


def _displayed(corpus: Corpus) -> Iterator[str]:
    """The words that the corpus has pronunciations for, as they are to be displayed."""
    for path in corpus.pronunciations:
        with path.open(encoding="utf-8-sig") as lines:
            yield from (line.partition("\t")[0].strip() for line in lines)
    for path in corpus.structured:
        with path.open(encoding="utf-8") as lines:
            entries = (entry(text) for _, heading, text in items(lines) if heading.block is Block.LEXICON)
            yield from (found[0] for found in entries if found)


def _tested(custom: OutputFormat, formatter: Formatter) -> dict[str, Any]:
    """What came of the tests, with all that the model knows."""
    results = list(check_tests(custom.tests[:MOST_TESTS], formatter))
    failed = [result for result in results if not result.has_passed]
    return {
        "passed": len(results) - len(failed),
        "failed": len(failed),
        "failures": [
            {"text": test.lexical, "expected": test.expected, "actual": test.actual} for test in failed[:_LISTED]
        ],
    }


def utterance_digests(locale: str, utterances: tuple[Utterance, ...]) -> tuple[str, ...]:
    """What tells whether an utterance was learned from: a digest of its sound, and one of its words."""
    lexical = normalizer(locale).lexical
    sounds = {f"audio:{pcm_digest(utterance.audio)}" for utterance in utterances}
    words = {transcript_digest(lexical(utterance.transcript)) for utterance in utterances}
    return tuple(sorted(sounds | words))


def transcript_digest(lexical: str) -> str:
    """The digest of a transcript in lexical form."""
    return f"text:{hashlib.sha256(lexical.encode()).hexdigest()}"
