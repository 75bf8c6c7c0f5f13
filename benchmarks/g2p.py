"""How well the phones of unknown words are guessed: the packaged lexicon, with a twentieth of its words held out."""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pocketsphinx

from benchmarks.report import Run, Table, seconds
from speechsmith.asr.g2p import G2P
from speechsmith.asr.lexicon import Lexicon, Pronunciation
from speechsmith.asr.scoring.alignment import ErrorCounts, align, total
from speechsmith.asr.scoring.bootstrap import bootstrap_interval

LEXICON = Path("en-us") / "cmudict-en-us.dict"
SEED = 5
HELD_OUT = 20  # one word of so many
BEST = (1, 2)  # the first guess alone, and the better one of those that a custom model takes


@dataclass(frozen=True, slots=True)
class Trial:
    """A model of the other words, and what it says of those held out: seconds, and errors of each word by `BEST`."""

    fitting: float
    loading: float
    guessing: float
    errors: dict[int, list[ErrorCounts]]


def measure(run: Run) -> Iterator[Table]:
    """Phone error rate, word accuracy, and time a word."""
    lexicon = Lexicon.read(Path(pocketsphinx.get_model_path()) / LEXICON)
    words = sorted(word for word in lexicon if word.replace("'", "").isalpha())
    random.Random(SEED).shuffle(words)
    words = words[: 4000 if run.is_quick else None]
    held_out = words[: len(words) // HELD_OUT]
    learned = {word: lexicon[word] for word in words[len(held_out) :]}
    trials = [_trial(learned, {word: lexicon[word] for word in held_out}) for _ in range(run.repetitions)]
    yield Table(
        f"Phones of {len(held_out):,} words, learned from {len(learned):,} others",
        ("guesses", "phone error rate", "95 %", "words right", "CPU a word", "fitting, CPU", "loading, CPU"),
        [[str(best), *_rates(trials[0].errors[best]), *_times(trials, len(held_out))] for best in BEST],
        (
            f"{LEXICON.name}: words of letters, one in {HELD_OUT} held out with seed {SEED}, with all their variants.",
            "Each word counts against its nearest variant in the lexicon. 95 %: bootstrap over words.",
            "Guesses 2: the better of two, of which a custom model knows both.",
            f"CPU: median of {run.repetitions}; a word, in batches, after loading, for two guesses.",
            "Target: at most 7 % and 10 ms a word.",
        ),
    )


def _trial(learned: dict[str, tuple[Pronunciation, ...]], held_out: dict[str, tuple[Pronunciation, ...]]) -> Trial:
    began = time.process_time()
    model = G2P.fit(learned)
    fitted = time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        model.save(Path(scratch) / "model.npz")
        saved = time.process_time()
        model = G2P.load(Path(scratch) / "model.npz")
    loaded = time.process_time()
    found = model.pronounce(held_out, max(BEST))
    guessed = time.process_time()
    errors = {best: [_errors(ways, found[word][:best]) for word, ways in held_out.items()] for best in BEST}
    return Trial(fitted - began, loaded - saved, guessed - loaded, errors)


def _errors(references: Sequence[Pronunciation], guesses: Sequence[Pronunciation]) -> ErrorCounts:
    """Phones wrong in the guess that is nearest to a variant; all of the first one's where there is no guess."""
    counts = [align(reference, guess).counts for reference in references for guess in guesses or [()]]
    return min(counts, key=lambda one: one.errors)


def _rates(errors: Sequence[ErrorCounts]) -> list[str]:
    low, high = bootstrap_interval(errors)
    right = sum(one.errors == 0 for one in errors) / len(errors)
    rate = total(errors).wer or 0.0
    return [f"{100 * rate:.2f} %", f"{100 * low:.2f} to {100 * high:.2f} %", f"{100 * right:.1f} %"]


def _times(trials: Sequence[Trial], words: int) -> list[str]:
    per_word = statistics.median(trial.guessing for trial in trials) / words
    return [
        f"{1000 * per_word:.2f} ms",
        seconds(statistics.median(trial.fitting for trial in trials)),
        f"{statistics.median(trial.loading for trial in trials):.2f} s",
    ]
