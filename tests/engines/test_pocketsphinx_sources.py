"""What a setting is tried with: files that have not learned from the fold, made once."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from speechsmith.asr.ngram import END, START, NGram, encode, estimate
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.guards import Setting
from speechsmith.engines.pocketsphinx.lm_file import read_lm, write_lm
from speechsmith.engines.pocketsphinx.recognizer import STANDARD, WIDE, with_more_densities
from speechsmith.engines.pocketsphinx.sources import UNTESTED, Sources, group_of
from speechsmith.engines.pocketsphinx.trials import Fold, Heard, Split

BASE = DecoderFiles(Path("base/en-us"), Path("base/en-us.lm.bin"), Path("base/cmudict-en-us.dict"))
DRAWS = (frozenset({1, 2}), frozenset({3}), frozenset())


@dataclass
class Summed:
    """Stands for acoustics: seconds of speech by group; notes what it is asked to write."""

    seconds_of: dict[int, float]
    written: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def seconds(self, groups) -> float:
        return sum(self.seconds_of[group] for group in groups)

    def write(self, strength, out, *, groups) -> None:
        self.written.append((strength, tuple(sorted(groups))))
        out.mkdir()


@dataclass
class Spoken:
    """Stands for languages; notes what models it is asked for."""

    base: Path
    made: list[tuple[float, frozenset[int]]] = field(default_factory=list)

    def model(self, weight, base, *, without) -> NGram:
        assert base.words == (START, END, "base")
        self.made.append((weight, frozenset(without)))
        index = {START: 0, END: 1, "one": 2}
        return estimate(encode(["one one", "one"], index), tuple(index), order=2)


@pytest.fixture
def sources(tmp_path) -> Sources:
    speech = {group: 10.0 + group for group in range(12)} | {UNTESTED + quarter: 100.0 for quarter in range(4)}
    base = tmp_path / "base.lm.bin"
    write_lm(estimate(encode(["base"], {START: 0, END: 1, "base": 2}), (START, END, "base"), order=2), base)
    split = Split(3, tuple(Fold(n, ()) for n in range(3)), DRAWS)
    return Sources(BASE, tmp_path / "lexicon.dict", Spoken(base), Summed(speech), split, tmp_path)


def test_the_base_model_is_tried_as_it_is(sources):
    assert sources.files(Setting(), 1) == (BASE, STANDARD)
    assert sources.acoustics.written == sources.languages.made == []


def test_text_alone_is_tried_with_the_sound_of_the_base_and_without_the_sentences_of_the_fold(sources):
    files, profile = sources.files(Setting(0.3), 0)

    assert (files.acoustic, files.lexicon) == (BASE.acoustic, sources.lexicon)
    assert set(read_lm(files.language).words) == {START, END, "one"}
    assert profile == STANDARD
    assert sources.languages.made == [(0.3, DRAWS[0])]
    assert sources.files(Setting(0.5), 0)[1] == with_more_densities(STANDARD)


def test_pronunciations_of_known_words_are_in_one_lexicon_and_not_in_the_other(sources, tmp_path):
    own = replace(sources, plain=tmp_path / "plain.dict")

    having, without = (own.files(Setting(0.3, "", pronunciations), 0)[0] for pronunciations in (True, False))

    assert (having.lexicon, without.lexicon) == (own.lexicon, own.plain)
    assert having.language == without.language
    assert (own.has_own, sources.has_own) == (True, False)
    assert own.files(Setting(pronunciations=True), 0)[0].lexicon == own.lexicon


def test_sound_is_learned_from_all_groups_but_those_of_the_fold(sources):
    _, profile = sources.files(Setting(0.0, "cautious"), 1)

    untested = tuple(range(UNTESTED, UNTESTED + 4))
    assert sources.acoustics.written == [("cautious", (0, 1, 2, 3, 8, 9, 10, 11, *untested))]
    assert profile == WIDE


def test_a_part_of_the_speech_is_the_first_quarters_of_each_fold_and_of_what_is_in_none(sources):
    sources.files(Setting(0.0, "cautious"), 2, quarters=2)

    assert sources.acoustics.written == [("cautious", (0, 1, 4, 5, UNTESTED, UNTESTED + 1))]
    assert sources.seconds(2, 2) == 10 + 11 + 14 + 15 + 200
    assert sources.seconds(2, 0) == 0


def test_groups_that_nobody_spoke_in_are_not_asked_for(sources):
    for group in (4, 5, 9):
        del sources.acoustics.seconds_of[group]

    sources.files(Setting(0.0, "strong"), 0)

    assert sources.acoustics.written[0][1][:5] == (6, 7, 8, 10, 11)


def test_files_are_made_once(sources):
    first = sources.files(Setting(0.3, "cautious"), 0)

    assert sources.files(Setting(0.3, "cautious"), 0) == first
    assert sources.files(Setting(0.3, "strong"), 0)[0].language == first[0].language
    assert sources.files(Setting(0.5, "cautious"), 0)[0].acoustic == first[0].acoustic
    assert len(sources.acoustics.written) == len(sources.languages.made) == 2


def test_the_base_language_model_is_read_once(sources, monkeypatch):
    read = []
    monkeypatch.setattr(
        "speechsmith.engines.pocketsphinx.sources.read_lm", lambda path: read.append(path) or read_lm(path)
    )
    for weight in (0.3, 0.5):
        sources.files(Setting(weight), 0)

    assert read == [sources.languages.base]


def test_a_language_without_the_text_is_made_once_for_all_folds(sources):
    languages = {sources.files(Setting(0.0, "cautious"), fold)[0].language for fold in range(3)}

    assert len(languages) == len(sources.languages.made) == 1


def test_what_differs_lies_in_different_files(sources):
    asked = [("cautious", 0.3, 0, 4), ("cautious", 0.3, 1, 4), ("cautious", 0.3, 0, 2), ("strong", 0.25, 0, 4)]

    made = [sources.files(Setting(weight, strength), fold, part)[0] for strength, weight, fold, part in asked]

    assert len({files.acoustic for files in made}) == 4
    assert len({files.language for files in made}) == 3  # less sound is no other text


def test_the_group_of_an_utterance_tells_its_fold_and_its_quarter():
    split = Split(3, ())
    groups = {group_of(split, Heard("", Path(), 1.0, (), 7 * n)) for n in range(12)}

    assert groups == set(range(12))
    for n in range(12):
        heard = Heard("", Path(), 1.0, (), 7 * n)
        assert divmod(group_of(split, heard), 4) == (split.fold_of(heard), split.quarter_of(heard))
