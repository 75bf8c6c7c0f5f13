"""The task of an evaluation: recognize every utterance with each model, and score what came out.

Utterances that a model was trained on, by their sound or by their words, are found by digest; the rate without them is
given beside the rate of all, so that a good number cannot hide a leak.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from speechsmith.asr.audio import pcm_digest, probe
from speechsmith.asr.display import Formatter
from speechsmith.asr.display.style import load_style
from speechsmith.asr.scoring import (
    Score,
    TokenErrors,
    bootstrap_interval,
    paired_bootstrap,
    score,
    tagged,
    token_errors,
)
from speechsmith.asr.text import Normalizer, normalizer
from speechsmith.asr.types import Progress, Utterance
from speechsmith.decoding.pool import DecodePool
from speechsmith.decoding.recording import Phrase
from speechsmith.domain.transcriptions import TranscriptionOptions
from speechsmith.engines.base import ModelFiles
from speechsmith.tasks import results
from speechsmith.tasks.base import Part
from speechsmith.tasks.train_model import transcript_digest
from speechsmith.tasks.utterances import canonical, recognized

FEWEST_FOR_INTERVAL = 5
"""Utterances: of fewer, the resamples of a bootstrap are too alike, and a narrow range would mislead."""

Result = dict[str, Any]
Named = tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """The distinct models (one or two), the files of their styles, what they were trained on, and the utterances."""

    models: tuple[ModelFiles, ...]
    styles: tuple[Path | None, ...]
    training_digests: tuple[frozenset[str], ...]
    locale: str
    utterances: tuple[Utterance, ...]
    has_transcripts: bool
    options: TranscriptionOptions
    processes: int


@dataclass(frozen=True, slots=True)
class Evaluated:
    """`details` are (name, file) of the scored results, `results` those of each distinct model's transcription."""

    details: Named
    results: tuple[Named, ...]
    scores: tuple[Mapping[str, object], ...]
    comparison: Mapping[str, object]
    duration: timedelta


def run(task: Evaluate, out: Path, progress: Progress) -> Evaluated:
    """Raises: TaskError when a model cannot be used."""
    sounds = canonical(task.utterances, out / "audio", progress=Part(progress, 0.0, 0.1))
    heard = []
    with DecodePool(task.processes, max_models=1) as pool:
        for number, model in enumerate(task.models):
            part = Part(progress, 0.1 + 0.85 * number / len(task.models), 0.85 / len(task.models))
            heard.append(recognized(sounds, model, pool, progress=part))
    progress("Scoring", 0.95)
    writers = [results.formatter(task.locale, task.options, load_style(style)) for style in task.styles]
    made = [
        _files(task, sounds, phrases, writer, out / f"model{number}")
        for number, (phrases, writer) in enumerate(zip(heard, writers, strict=True), start=1)
    ]
    scored = [_score(task, phrases) for phrases in heard]
    if task.has_transcripts:
        for number, one in enumerate(scored):
            _tag(made[number], one)
    both = [0, len(task.models) - 1]
    details = [
        (f"{name}.model{position}_score.json", _copied(path, position))
        for position, number in enumerate(both, start=1)
        for name, path in made[number]
    ]
    return Evaluated(
        details=tuple(details),
        results=tuple(tuple((f"{name}.json", path) for name, path in files) for files in made),
        scores=tuple(_metrics(task, heard[number], scored[number], writers[number]) for number in both),
        comparison=_comparison(task, sounds, [scored[number] for number in both]),
        duration=timedelta(seconds=sum(probe(wav).duration or 0.0 for wav in sounds)),
    )


def _hypothesis(phrases: Sequence[Phrase], text: Normalizer) -> str:
    """What was recognized in a recording, in the form that is scored."""
    return text.lexical(" ".join(phrase.hypotheses[0].lexical for phrase in phrases))


def _score(task: Evaluate, recognized: Sequence[Sequence[Phrase]]) -> Score:
    text = normalizer(task.locale)
    return score(
        (utterance.name, text.lexical(utterance.transcript), _hypothesis(phrases, text))
        for utterance, phrases in zip(task.utterances, recognized, strict=True)
    )


def _files(
    task: Evaluate, sounds: Sequence[Path], recognized: Sequence[Sequence[Phrase]], writer: Formatter, folder: Path
) -> list[tuple[str, Path]]:
    """One result for each utterance, as batch transcription writes it."""
    folder.mkdir()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = []
    for number, (utterance, wav, phrases) in enumerate(zip(task.utterances, sounds, recognized, strict=True)):
        channel = results.Channel(0, phrases)
        duration = probe(wav).duration or 0.0
        result = results.transcription(
            utterance.name, duration, [channel], writers={None: writer}, options=task.options, timestamp=now
        )
        path = folder / f"{number}.json"
        path.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
        made.append((utterance.name, path))
    return made


def _tag(made: Sequence[tuple[str, Path]], scored: Score) -> None:
    """Write the alignment beside what was recognized."""
    for (_, path), utterance in zip(made, scored.utterances, strict=True):
        result = orjson.loads(path.read_bytes())
        result["alignment"] = _alignment(utterance)
        if len(result["recognizedPhrases"]) == 1:  # where readers of other services look for it
            result["recognizedPhrases"][0]["nBest"][0]["scoringResult"] = result["alignment"]["scoringResult"]
        path.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))


def _alignment(utterance: Any) -> Result:
    counts = utterance.counts
    return {
        "scoringResult": tagged(utterance.alignment),
        "wordCount": counts.words,
        "correctWordCount": counts.correct,
        "wordSubstitutionCount": counts.substitutions,
        "wordDeletionCount": counts.deletions,
        "wordInsertionCount": counts.insertions,
    }


def _copied(path: Path, position: int) -> Path:
    """A file of its own for each name: publishing moves files."""
    copy = path.with_name(f"{path.stem}.score{position}.json")
    copy.write_bytes(path.read_bytes())
    return copy


def _metrics(task: Evaluate, recognized: Sequence[Sequence[Phrase]], scored: Score, writer: Formatter) -> Result:
    """The contract's properties of one model, without their suffix; only rates that exist."""
    if not task.has_transcripts:
        return {}
    counts = scored.counts
    metrics: Result = {
        "wordErrorRate": counts.wer if counts.wer is not None else -1.0,
        "sentenceErrorRate": scored.ser if scored.ser is not None else -1.0,
        "sentenceCount": len(scored.utterances),
        "wordCount": counts.words,
        "correctWordCount": counts.correct,
        "wordSubstitutionCount": counts.substitutions,
        "wordDeletionCount": counts.deletions,
        "wordInsertionCount": counts.insertions,
    }
    if _can_be_resampled(scored):
        low, high = bootstrap_interval([utterance.counts for utterance in scored.utterances])
        metrics["wordErrorRateInterval"] = {"level": 0.95, "low": low, "high": high}
    return metrics | _token_metrics(task, recognized, writer)


def _can_be_resampled(scored: Score) -> bool:
    """Whether a bootstrap over the utterances tells anything."""
    return len(scored.utterances) >= FEWEST_FOR_INTERVAL and scored.counts.words > 0


def _token_metrics(task: Evaluate, recognized: Sequence[Sequence[Phrase]], writer: Formatter) -> Result:
    """Errors of the display form against the transcript as its writer wrote it."""
    lexical = normalizer(task.locale).lexical
    found = TokenErrors()
    for utterance, phrases in zip(task.utterances, recognized, strict=True):
        display = " ".join(results.forms(phrase.hypotheses[0], writer)["display"] for phrase in phrases)
        found += token_errors(
            utterance.transcript, display, lexical=lexical, itn=lambda text: writer.forms(text.split()).itn
        )
    counts = found.counts
    classes = {
        "punctuation": found.punctuation,
        "capitalization": found.capitalization,
        "inverseTextNormalization": found.inverse_text_normalization,
        "lexical": found.lexical,
        "others": found.others,
    }
    return {
        "tokenErrorRate": counts.wer if counts.wer is not None else -1.0,
        "tokenCount": counts.words,
        "correctTokenCount": counts.correct,
        "tokenSubstitutionCount": counts.substitutions,
        "tokenDeletionCount": counts.deletions,
        "tokenInsertionCount": counts.insertions,
        "tokenErrors": {
            name: {"numberOfEdits": edits, "percentageOfAllEdits": found.percentage(edits)}
            for name, edits in classes.items()
        },
    }


def _comparison(task: Evaluate, sounds: Sequence[Path], scored: Sequence[Score]) -> Result:
    """What concerns both models."""
    text = normalizer(task.locale)
    comparison: Result = {"normalizer": {"name": text.name, "version": text.version}}
    if not task.has_transcripts:
        return comparison
    first, second = ([utterance.counts for utterance in one.utterances] for one in scored)
    if len(task.models) > 1 and _can_be_resampled(scored[0]):
        comparison["probabilityOfImprovement"] = paired_bootstrap(first, second)
    warnings = []
    for position, number in enumerate([0, len(task.models) - 1], start=1):
        learned = _learned(task, task.training_digests[number])
        if learned:
            rest = scored[position - 1].without(learned)
            comparison[f"trainingOverlap{position}"] = {
                "utteranceCount": len(learned),
                "wordErrorRateWithout": rest.counts.wer,
                "wordCountWithout": rest.counts.words,
            }
            warnings.append(
                f"{len(learned)} of the {len(sounds)} test utterances were in the training data of model {position}; "
                f"see trainingOverlap{position} for the rate without them."
            )
    return comparison | ({"warnings": warnings} if warnings else {})


def _learned(task: Evaluate, digests: frozenset[str]) -> frozenset[str]:
    """The names of the utterances that a model was trained on, by their sound or by their words."""
    if not digests:
        return frozenset()
    lexical = normalizer(task.locale).lexical
    return frozenset(
        utterance.name
        for utterance in task.utterances
        if f"audio:{pcm_digest(utterance.audio)}" in digests
        or transcript_digest(lexical(utterance.transcript)) in digests
    )
