"""Which settings are tried on held-out speech, in which order, and which one is chosen."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from speechsmith.asr.scoring import align
from speechsmith.asr.types import Hypothesis, Word
from speechsmith.engines.pocketsphinx import choice
from speechsmith.engines.pocketsphinx.choice import Weights, decide, learning_curve
from speechsmith.engines.pocketsphinx.guards import Outcome, Setting
from speechsmith.engines.pocketsphinx.trials import Fold, Heard, Split
from speechsmith.engines.pocketsphinx.trials import Outcome as Tried

SAID = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
BASE, TEXT = Setting(), Setting(0.3)


@dataclass(frozen=True)
class Speech:
    """Stands for acoustics: whether any were learned, and the strength that is likeliest."""

    has_speech: bool = True
    best: str = "standard"

    def likeliest(self) -> str:
        return self.best


@dataclass
class Table:
    """Stands for sources: how many of the ten words of each utterance a setting has wrong; the rest are sure."""

    wrong: dict[Setting, int]
    utterances: int = 30
    has_own: bool = False
    acoustics: Speech = field(default_factory=Speech)
    with_less: dict[int, int] = field(default_factory=dict)  # words wrong by quarters of the speech
    asked: list[tuple[Setting, int]] = field(default_factory=list)
    scaled: list[float] = field(default_factory=list)  # language scales that were asked for besides

    @property
    def split(self) -> Split:
        heard = [Heard(str(n), Path(), 2.0, SAID, n) for n in range(self.utterances)]
        folds = [Fold(n, tuple(heard[n::3])) for n in range(3)]
        return Split(3, tuple(fold for fold in folds if fold.tested))

    def files(self, setting: Setting, fold: int, quarters: int = 4) -> tuple[Setting, int]:
        return setting, quarters

    def seconds(self, fold: int, quarters: int) -> float:
        return 40.0 * quarters if fold < 2 else 10.0 * quarters

    def tried(self, files_of, split, *, workers, progress) -> Tried:
        """Stands for decoding."""
        (setting, quarters) = files_of(0)
        if setting.language_scale == 1.0:
            self.asked.append((setting, quarters))
        else:
            self.scaled.append(setting.language_scale)
        usual = replace(setting, language_scale=1.0)
        wrong = self.with_less[quarters] if quarters < 4 else self.wrong.get(setting, self.wrong.get(usual, 10))
        words = [Word("wrong", 0, 1, 0.2)] * wrong + [Word(word, 0, 1, 0.9) for word in SAID[wrong:]]
        progress(0.5)
        progress(1.0)
        counts = align(SAID, [word.text for word in words]).counts
        hypothesis = Hypothesis(tuple(words), 0.5)
        return Tried((counts,) * len(split.tested), (hypothesis,) * len(split.tested))


@pytest.fixture
def decided(monkeypatch):
    def run(table: Table, weights: Weights, told=None):
        monkeypatch.setattr(choice, "tried", table.tried)
        return decide(table, weights, workers=1, progress=told.append if told is not None else lambda _: None)

    return run


def weights(gentle=0.3, likeliest=0.3, *, asked=False, is_costly=False) -> Weights:
    return Weights(gentle, likeliest, may_back_off=not asked, is_costly=is_costly)


def both(strength: str, weight: float = 0.3) -> Setting:
    return Setting(weight, strength)


def test_settings_are_tried_one_after_another_and_the_best_is_chosen(decided):
    table = Table({BASE: 8, TEXT: 6, both("standard"): 2, both("cautious"): 4, both("standard", 0.7): 1})
    told = []

    decision = decided(table, weights(0.3, 0.7), told)

    assert [setting for setting, _ in table.asked] == list(table.wrong)
    assert decision.setting == both("standard", 0.7)
    assert decision.verdict.outcome is Outcome.BETTER
    assert [tried["wordErrorRate"] for tried in decision.report()["tried"]] == [0.8, 0.6, 0.2, 0.4, 0.1, 0.1, 0.1]
    assert table.scaled == [1.25, 0.8]
    assert told == sorted(told)
    assert told[-1] == 1


@pytest.mark.parametrize("utterances", [30, 1])
@pytest.mark.parametrize("words", [weights(), weights(0.3, 0.7), weights(is_costly=True), weights(0.0, 0.0)])
@pytest.mark.parametrize("acoustics", [Speech(), Speech(best="cautious"), Speech(has_speech=False)])
def test_progress_comes_near_its_end_before_it_jumps_there(decided, acoustics, words, utterances):
    learned = {both(strength, weight): 3 for strength in ("standard", "cautious") for weight in (0.0, 0.3)}
    table = Table({BASE: 6, TEXT: 5} | learned, acoustics=acoustics, utterances=utterances)
    told = []

    decided(table, words, told)

    assert told == sorted(told)
    assert told[-1] >= 0.75


@pytest.mark.parametrize(
    ("wrong", "asked", "chosen"),
    [
        ({1.25: 2, 0.8: 2}, [1.25, 0.8], 1.0),  # no better: as usual
        ({1.25: 1, 1.6: 2}, [1.25, 1.6], 1.25),
        ({1.25: 1, 1.6: 0}, [1.25, 1.6], 1.6),
        ({1.25: 3, 0.8: 1}, [1.25, 0.8], 0.8),
        ({1.25: 3, 0.8: 4}, [1.25, 0.8], 1.0),
    ],
)
def test_words_count_more_or_less_beside_adapted_sound_where_that_is_better(decided, wrong, asked, chosen):
    best = both("standard")
    scaled = {replace(best, language_scale=scale): errors for scale, errors in wrong.items()}
    table = Table({BASE: 8, TEXT: 6, best: 2, both("cautious"): 4} | scaled)

    decision = decided(table, weights())

    assert table.scaled == asked
    assert decision.setting == replace(best, language_scale=chosen)
    assert decision.report()["chosen"]["languageScale"] == chosen


def test_words_count_as_usual_where_no_sound_is_learned(decided):
    table = Table({BASE: 8, TEXT: 5, both("standard"): 6, both("cautious"): 6})

    assert decided(table, weights()).setting == TEXT
    assert table.scaled == []


def test_a_strength_that_is_likeliest_and_cautious_is_tried_once(decided):
    table = Table({BASE: 8, TEXT: 6, both("cautious"): 4}, acoustics=Speech(best="cautious"))

    assert decided(table, weights()).setting == both("cautious")
    assert len(table.asked) == 3


def test_the_gentlest_of_equals_is_chosen(decided):
    table = Table({BASE: 8, TEXT: 5, both("standard"): 5, both("cautious"): 5})

    assert decided(table, weights()).setting == TEXT


def test_nothing_worse_than_the_base_is_chosen(decided):
    table = Table({BASE: 2, TEXT: 4, both("standard"): 5, both("cautious"): 5, Setting(0.1): 3})

    decision = decided(table, weights())

    assert decision.setting == BASE
    assert decision.verdict.outcome is Outcome.NO_DIFFERENCE
    assert decision.report()["chosen"] == {
        "weight": None,
        "acoustic": None,
        "pronunciations": False,
        "languageScale": 1.0,
    }


def test_text_that_does_harm_is_tried_with_less_weight(decided):
    table = Table({BASE: 4, TEXT: 5, both("standard"): 6, both("cautious"): 6, Setting(0.1): 3})

    assert decided(table, weights()).setting == Setting(0.1)


def test_sound_is_learned_even_where_the_text_does_so_much_harm_that_both_are_worse_than_the_base(decided):
    table = Table(
        {
            BASE: 4,
            TEXT: 9,
            both("standard"): 6,
            both("cautious"): 7,
            both("standard", 0.1): 5,
            both("standard", 0.0): 2,
        }
    )

    assert decided(table, weights()).setting == both("standard", 0.0)


def test_text_that_costs_much_elsewhere_is_tried_with_less_weight_which_is_taken_if_it_does_as_well(decided):
    wrong = {BASE: 8, TEXT: 6, both("standard"): 2, both("cautious"): 4}
    as_well = Table(wrong | {both("standard", 0.1): 2, both("standard", 0.0): 5})
    worse = Table(wrong | {both("standard", 0.1): 3, both("standard", 0.0): 5})

    assert decided(as_well, weights(is_costly=True)).setting == both("standard", 0.1)
    assert decided(worse, weights(is_costly=True)).setting == both("standard")


def test_text_that_is_surely_better_than_the_base_is_not_left_out_to_try(decided):
    table = Table({BASE: 8, TEXT: 6, both("standard"): 2, both("cautious"): 4, both("standard", 0.1): 3})

    assert decided(table, weights(is_costly=True)).setting == both("standard")
    assert [setting for setting, _ in table.asked] == list(table.wrong)


def own(weight=0.3, strength="") -> Setting:
    return Setting(weight, strength, pronunciations=True)


def test_pronunciations_of_known_words_stay_where_they_do_no_harm(decided):
    wrong = {BASE: 8, TEXT: 6, own(strength="standard"): 2, own(strength="cautious"): 4}
    equal, better = (Table(wrong | {own(): errors}, has_own=True) for errors in (6, 5))

    for table, outcome in ((equal, Outcome.NO_DIFFERENCE), (better, Outcome.BETTER)):
        decision = decided(table, weights())
        told = decision.report(["tomato"])["pronunciations"]

        assert decision.setting == own(strength="standard")
        assert (told["count"], told["entries"], told["kept"]) == (1, ["tomato"], True)
        assert told["verdict"]["outcome"] == outcome
        assert "they are kept" in told["verdict"]["words"]
        assert len(table.asked) == len(wrong) + 1


def test_pronunciations_of_known_words_that_do_harm_are_left_out_whatever_else_helps(decided):
    table = Table({BASE: 8, TEXT: 6, own(): 7, both("standard"): 2, both("cautious"): 4}, has_own=True)

    decision = decided(table, weights())
    told = decision.report(["tomato"])["pronunciations"]

    assert decision.setting == both("standard")
    assert not told["kept"]
    assert told["verdict"]["outcome"] == "worse"
    assert told["verdict"]["wordErrorRateAfter"]["value"] == 0.7
    assert "they are left out" in told["verdict"]["words"]
    assert [setting for setting, _ in table.asked] == list(table.wrong)


def test_pronunciations_of_known_words_stay_where_only_the_text_does_harm(decided):
    wrong = {BASE: 4, TEXT: 9, own(): 8, own(strength="standard"): 9, own(strength="cautious"): 9, own(0.1): 7}
    helpful, harmful = (Table(wrong | {own(0.0): errors}, has_own=True) for errors in (4, 5))

    assert decided(helpful, weights()).setting == own(0.0)
    decision = decided(harmful, weights())
    assert decision.setting == BASE
    assert decision.report(["tomato"])["pronunciations"]["verdict"]["wordErrorRateBefore"]["value"] == 0.4
    assert decision.report(["tomato"])["pronunciations"]["verdict"]["wordErrorRateAfter"]["value"] == 0.5


def test_with_too_little_to_tell_pronunciations_stay_and_are_said_to_be_untested(decided):
    sound, none = (
        Table({BASE: 5, own(): 6, own(0.0): 6, own(strength="cautious"): cautious}, utterances=6, has_own=True)
        for cautious in (5, 6)
    )
    untested = Table({}, utterances=0, has_own=True)

    for table, setting in ((sound, own(strength="cautious")), (none, own(0.0)), (untested, own(strength="cautious"))):
        decision = decided(table, weights())
        told = decision.report(["tomato"])["pronunciations"]

        assert decision.setting == setting
        assert told["kept"]
        assert told["verdict"]["outcome"] == "unknown"
        assert told["verdict"]["words"].endswith(" are kept.")


def test_a_weight_that_the_user_has_set_stays_though_it_does_harm(decided):
    table = Table({BASE: 2, TEXT: 4, both("standard"): 5, both("cautious"): 5})

    decision = decided(table, weights(asked=True, is_costly=True))

    assert decision.setting == TEXT
    assert decision.verdict.outcome is Outcome.WORSE
    assert len(table.asked) == 4

    helped = Table({BASE: 2, TEXT: 6, both("standard"): 3, both("cautious"): 5})
    assert decided(helped, weights(asked=True)).setting == both("standard")


def test_a_weight_that_the_user_has_set_stays_with_too_little_to_tell(decided):
    table = Table({BASE: 2, TEXT: 4, both("cautious"): 5}, utterances=6)

    decision = decided(table, weights(asked=True))

    assert decision.setting == TEXT
    assert decision.verdict.outcome is Outcome.UNKNOWN


def test_with_too_little_to_tell_the_cautious_setting_is_used_and_nothing_else_tried(decided):
    table = Table({BASE: 8, both("cautious"): 8}, utterances=6)

    decision = decided(table, weights(0.3, 0.9, is_costly=True))

    assert decision.setting == both("cautious")
    assert decision.verdict.outcome is Outcome.UNKNOWN
    assert "Too little is held out" in decision.verdict.words


def test_with_too_little_to_tell_the_text_stays_if_only_the_sound_does_harm(decided):
    sound, both_harm = (Table({BASE: 5, both("cautious"): 6, TEXT: text}, utterances=6) for text in (5, 6))

    assert decided(sound, weights()).setting == TEXT
    assert decided(both_harm, weights()).setting == BASE


def test_nothing_held_out_means_the_cautious_setting_untried(decided):
    table = Table({}, utterances=0)

    decision = decided(table, weights())

    assert decision.setting == both("cautious")
    assert decision.report() == {
        "verdict": {"outcome": "unknown", "words": "No transcribed speech could be held out."},
        "chosen": {"weight": 0.3, "acoustic": "cautious", "pronunciations": False, "languageScale": 1.0},
        "tried": [],
        "pronunciations": None,
    }


def test_without_usable_speech_only_the_text_is_tried(decided):
    table = Table({BASE: 8, TEXT: 6}, acoustics=Speech(has_speech=False))

    assert decided(table, weights()).setting == TEXT
    assert decided(Table({}, utterances=0, acoustics=Speech(has_speech=False)), weights()).setting == TEXT


def test_without_text_only_the_sound_is_tried(decided):
    sound = {BASE: 8, Setting(0.0, "standard"): 3, Setting(0.0, "cautious"): 5}
    table = Table(sound)

    assert decided(table, weights(0.0, 0.0)).setting == Setting(0.0, "standard")
    assert [setting for setting, _ in table.asked] == list(sound)


def test_with_neither_the_base_is_what_there_is(decided):
    table = Table({BASE: 8}, acoustics=Speech(has_speech=False))

    assert decided(table, weights(0.0, 0.0)).setting == BASE
    assert decided(table, weights(0.0, 0.0, asked=True)).setting == BASE


def test_each_recognized_word_is_kept_with_its_posterior_and_its_truth(decided):
    table = Table({BASE: 8, TEXT: 6, both("standard"): 2, both("cautious"): 4})

    words = decided(table, weights()).words

    assert len(words) == 300
    assert words[:3] == ((0.2, False), (0.2, False), (0.9, True))


def test_the_learning_curve_tells_what_less_speech_would_have_done(decided):
    table = Table({BASE: 8, TEXT: 6, both("standard"): 2, both("cautious"): 4}, with_less={1: 5, 2: 3})
    decision = decided(table, weights())
    already = len(table.asked)

    told = []
    curve = learning_curve(table, decision, workers=1, progress=told.append)

    assert told == [0.25, 0.5, 0.75, 1.0]
    assert [point["seconds"] for point in curve] == [0.0, 30.0, 60.0, 120.0]
    assert [point["wordErrorRate"]["value"] for point in curve] == [0.6, 0.5, 0.3, 0.2]
    assert table.asked[already:] == [(both("standard"), 1), (both("standard"), 2)]  # the ends are known


def test_a_model_without_sound_of_its_own_has_no_learning_curve(decided):
    text = Table({BASE: 8, TEXT: 5, both("standard"): 5, both("cautious"): 5})
    untested = Table({}, utterances=0)

    for table in (text, untested):
        assert learning_curve(table, decided(table, weights()), workers=1, progress=lambda _: None) == []
