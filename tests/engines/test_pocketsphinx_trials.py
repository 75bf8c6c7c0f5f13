"""How speech is held out: laws that hold for any data, and what a setting is tried on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speechsmith.asr.types import Hypothesis, Word
from speechsmith.engines.pocketsphinx import trials
from speechsmith.engines.pocketsphinx.domain_text import draw_of
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.recognizer import STANDARD
from speechsmith.engines.pocketsphinx.trials import (
    QUARTERS,
    TENTHS,
    TESTED,
    THIRDS,
    Heard,
    Split,
    prevailing,
    split,
    tried,
)


def heard(sentences, *, seconds=2.0, seed=0):
    """An utterance of `seconds` for each sentence."""
    return [
        Heard(str(n), Path(f"{n}.wav"), seconds, tuple(said.split()), draw_of(said.split(), seed))
        for n, said in enumerate(sentences)
    ]


def some_speech(count=200, *, different=60, seconds=2.0, seed=0):
    """Utterances of sentences that occur more than once."""
    numbers = np.random.default_rng(seed).integers(different, size=count)
    return heard([f"say number {n}" for n in numbers], seconds=seconds)


@pytest.mark.parametrize("seconds", [2.0, 12.0])  # in thirds, and one tenth
@pytest.mark.parametrize("seed", range(5))
def test_no_sentence_is_both_tested_on_and_learned_from(seconds, seed):
    speech = some_speech(seconds=seconds, seed=seed)

    found = split(speech)

    assert found.folds
    for fold in found.folds:
        tested = {one.words for one in fold.tested}
        learned = [one for one in speech if found.fold_of(one) != fold.number]
        assert learned
        assert not tested & {one.words for one in learned}


def test_short_speech_is_held_out_in_thirds_and_each_utterance_once():
    speech = some_speech(100, seconds=1.0)

    found = split(speech)

    assert found.parts == len(found.folds) == THIRDS
    assert sorted(int(one.name) for one in found.tested) == list(range(100))


def test_long_speech_is_held_out_a_tenth_once():
    speech = some_speech(200, seconds=12.0)

    found = split(speech)

    assert found.parts == TENTHS
    assert len(found.folds) == 1


@pytest.mark.parametrize("first", range(20))
def test_long_speech_of_few_sentences_is_held_out_too(first):
    speech = heard([f"sentence {n} of a long speech" for n in range(first, first + 4)], seconds=500.0)

    assert split(speech).folds


@pytest.mark.parametrize(("count", "seconds"), [(300, 3.0), (900, 4.0), (3, 900.0)])
def test_no_more_is_tested_than_decoding_may_take_but_for_one_utterance_of_each_fold(count, seconds):
    found = split(some_speech(count, seconds=seconds))

    for fold in found.folds:
        total = sum(one.duration for one in fold.tested)
        assert seconds <= total <= max(TESTED / len(found.folds), seconds)


def test_what_is_tested_of_sentences_spoken_often_is_of_each_of_them():
    digits = heard([f"digit {n}" for n in range(12)] * 60, seconds=1.0)

    found = split(digits)

    for fold in found.folds:
        tested = [one.words for one in fold.tested]
        assert len(tested) == TESTED / THIRDS
        assert set(tested) == {one.words for one in digits if found.fold_of(one) == fold.number}


def test_a_recording_that_is_half_of_the_speech_or_more_prevails():
    long = [replace(one, draw=7) for one in heard(["one two", "three four", "five six"], seconds=10.0)]
    short = heard(["seven", "eight", "nine"], seconds=10.0)

    assert prevailing(long) == prevailing([*long, *short]) == 7
    assert prevailing([*long[:2], *short]) is None
    assert prevailing([]) is None


def test_the_draws_of_a_fold_are_those_of_its_sentences_tested_or_not():
    speech = some_speech(400, seconds=2.9)
    found = split(speech)

    for fold in found.folds:
        assert found.draws_of(fold.number) == {one.draw for one in speech if found.fold_of(one) == fold.number}
        assert {one.draw for one in fold.tested} <= found.draws_of(fold.number)


def test_one_sentence_alone_is_not_tested_on():
    assert split(heard(["the only sentence"] * 30)).folds == ()


def test_utterances_without_words_are_not_tested_on_and_nothing_to_learn_from():
    assert split(heard([""] * 10)).folds == ()
    assert split([]).folds == ()
    assert split(heard(["the only sentence"] * 3 + [""] * 3)).folds == ()


def test_utterances_that_were_lost_are_not_tested_on_but_their_sentences_stay_unknown():
    speech = some_speech(60)
    whole = split(speech)
    lost = {one.name for one in whole.folds[0].tested} | {"1", "2"}

    found = whole.without(lost)

    assert [fold.number for fold in found.folds] == [fold.number for fold in whole.folds[1:]]
    assert not lost & {one.name for one in found.tested}
    assert all(found.draws_of(fold.number) == whole.draws_of(fold.number) for fold in found.folds)


def test_the_same_speech_is_split_the_same_way_and_another_seed_differently():
    sentences = [f"say number {n}" for n in range(50)]
    first, again, other = (split(heard(sentences, seed=seed)) for seed in (1, 1, 2))

    assert first == again
    assert [len(fold.tested) for fold in first.folds] != [len(fold.tested) for fold in other.folds]


def test_quarters_are_about_as_large_in_every_fold():
    speech, whole = heard([f"say number {n}" for n in range(2400)]), Split(THIRDS, ())

    cells = np.zeros((THIRDS, QUARTERS), int)
    for one in speech:
        cells[whole.fold_of(one), whole.quarter_of(one)] += 1

    assert cells.min() > 150  # of 200
    assert cells.max() < 250


def test_each_fold_is_decoded_by_files_that_have_not_learned_from_it(monkeypatch):
    speech = some_speech(30)
    found = split(speech)
    by, told = {}, []

    def files_of(fold):
        return DecoderFiles(Path(f"without {fold}"), Path(), Path()), STANDARD

    def recognized(tasks, count, *, workers, progress):
        """Hears each utterance, but the first word of it twice."""
        tasks = list(tasks)
        assert len(tasks) == count
        by.update((task.wav, task.files.acoustic.name) for task in tasks)
        progress(1.0)
        said = [next(one.words for one in speech if one.wav == task.wav) for task in tasks]
        return [Hypothesis(tuple(Word(w, 0, 1, 1) for w in (words[0], *words)), 1.0) for words in said]

    monkeypatch.setattr(trials, "recognized", recognized)

    outcome = tried(files_of, found, workers=1, progress=told.append)

    assert by == {one.wav: f"without {fold.number}" for fold in found.folds for one in fold.tested}
    assert [counts.insertions for counts in outcome.counts] == [1] * 30
    assert all(counts.errors == 1 for counts in outcome.counts)
    assert [h.words[1].text for h in outcome.hypotheses] == [one.words[0] for one in found.tested]
    assert told == [1.0]
