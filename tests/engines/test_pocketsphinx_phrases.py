"""Phrase lists at run time: what they add, what they leave alone, and that nobody else sees them."""

import math
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

import speechsmith
from speechsmith.asr.audio import read
from speechsmith.asr.scoring import align
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, PhraseList, Samples
from speechsmith.decoding.recording import speech_in
from speechsmith.engines.base import ModelFiles
from speechsmith.engines.pocketsphinx import recognizer as module
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.phrases import (
    Expected,
    Vocabulary,
    followers,
    language_model,
    log_share,
    vocabulary,
)
from speechsmith.engines.pocketsphinx.recognizer import PocketSphinxRecognizer

BASE = PocketSphinxEngine().packaged_models()[0].folder
SAMPLE = Path(speechsmith.__file__).parent / "sample"
PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "phrase-lists.md").read_text(encoding="utf-8")

LATTICE = """# getcwd: /this/is/bogus
Frames 40
Nodes 7 (NODEID WORD STARTFRAME FIRST-ENDFRAME LAST-ENDFRAME)
0 </s> 39 39 39 ; 0
1 read(2) 20 38 38 ; 0
2 <sil> 15 19 19 ; 0
3 [NOISE] 12 14 14 ; 0
4 books 5 11 12 ; 0
5 <sil> 1 4 4 ; 0
6 <s> 0 0 0 ; 0
Initial 6
Final 0
BestSegAscr 0 (NODEID ENDFRAME ASCORE)
Edges (FROM-NODEID TO-NODEID ASCORE)
1 0 -10
2 1 -10
3 2 -10
4 3 -10
4 1 -10
5 4 -10
6 5 -10
End
""".splitlines()


class Spelled:
    """A lexicon as a decoder has it."""

    def __init__(self, **ways: str) -> None:
        self.ways = {name.replace("_2", "(2)"): way for name, way in ways.items()}

    def lookup_word(self, name: str) -> str | None:
        return self.ways.get(name)


def guess(words):
    return {word: () if word == "404" else (("Z",), ("S",)) for word in words}


def test_words_follow_each_other_across_pauses_and_noises_and_variants_are_one_word():
    assert followers(LATTICE) == {"<s>": {"books"}, "books": {"read"}, "read": {"</s>"}}


def test_each_word_of_each_phrase_is_a_token_with_all_its_pronunciations():
    known = Spelled(data="D EY", data_2="D AE", day="D EY Z")

    own = vocabulary(["data day", "zorg", "data day"], known, guess)

    assert own.words == {"P0.0": "data", "P0.1": "day", "P1.0": "zorg"}
    assert own.lexicon == ("P0.0 D EY", "P0.0(2) D AE", "P0.1 D EY Z", "P1.0 Z", "P1.0(2) S")
    assert (own.heads, own.pairs, own.last) == (("P0.0", "P1.0"), (("P0.0", "P0.1"),), {"P0.1", "P1.0"})


def test_a_phrase_with_a_word_that_cannot_be_pronounced_is_left_out():
    own = vocabulary(["zorg 404", "zorg"], Spelled(), guess)

    assert own.words == {"P0.0": "zorg"}


def test_what_every_lexicon_has_is_not_guessed():
    def never(words):
        raise AssertionError(words)

    assert vocabulary(["data"], Spelled(data="D EY"), never).words


def in_library_units(probability: float) -> int:
    return round(math.log(probability) / math.log(1.0001))


def toy(words: list[str]) -> int:
    """A base model: p(a) = p(b) = 1/4, p(b | a) = 1/2 and p(a | a b) = 1/8; bo(a) = 1/3, bo(a b) = 1/5."""
    listed = {("b", "a"): 1 / 2, ("a", "b", "a"): 1 / 8}
    backoffs = {("a",): 1 / 3, ("b", "a"): 1 / 5}
    if len(words) == 1:
        return in_library_units({"a": 1 / 4, "b": 1 / 4, "</s>": 1 / 4, "<s>": 1e-20}[words[0]])
    if tuple(words) in listed:
        return in_library_units(listed[tuple(words)])
    return in_library_units(backoffs.get(tuple(words[1:]), 1.0)) + toy(words[:-1])


def read_arpa(text: str) -> dict[tuple[str, ...], tuple[float, float]]:
    entries = {}
    for line in text.splitlines():
        if line.startswith("\\") and line.endswith("-grams:"):
            order = int(line[1])
        elif line and not line.startswith(("\\", "ngram")):
            log_p, *rest = line.split()
            backoff = float(rest[order]) if len(rest) > order else 0.0
            entries[tuple(rest[:order])] = (10 ** float(log_p), 10**backoff)
    return entries


def test_the_small_model_has_the_bases_probabilities_where_words_follow_each_other():
    own = Vocabulary({"P0.0": "x"}, ("P0.0 Z",), ("P0.0",), (), frozenset({"P0.0"}))
    following = {"<s>": {"a"}, "a": {"b"}, "b": {"a", "</s>"}}

    small = read_arpa(language_model(toy, following, Expected(own, 1.0)))

    expected = {
        ("a",): (1 / 4, 1 / 3),
        ("b",): (1 / 4, 1),
        ("a", "b"): (1 / 2, 1 / 5),
        ("b", "a"): (1 / 4, 1),
        ("a", "b", "a"): (1 / 8, 1),
    }
    for gram, numbers in expected.items():
        assert small[gram] == pytest.approx(numbers, rel=1e-3), gram
    assert ("a", "b", "</s>") not in small, "the base does not list it either"
    assert ("b", "a", "b") not in small


def test_a_phrase_may_begin_anywhere_and_goes_on_to_its_end():
    own = Vocabulary({}, (), ("P0.0", "P1.0"), (("P0.0", "P0.1"),), frozenset({"P0.1", "P1.0"}))

    small = read_arpa(language_model(toy, {"<s>": {"a"}, "a": {"</s>"}}, Expected(own, 1.0)))

    share = 10 ** log_share(2, 1.0)
    assert small["P1.0",] == pytest.approx((share, 1), rel=1e-3)
    assert small["P0.0",] == pytest.approx((share, 0), rel=1e-3)
    assert small["P0.0", "P0.1"] == (1, 1)
    assert small["P0.1",] == pytest.approx((0, 1), abs=1e-50), "nobody begins in the middle"


def test_more_weight_is_more_likely_and_many_phrases_share_what_a_hundred_have():
    assert log_share(1, 0.5) < log_share(1, 1.0) < log_share(1, 2.0) < -1.0
    assert log_share(1, 1.0) == log_share(100, 1.0)
    assert 10 ** log_share(5000, 1.0) * 5000 == pytest.approx(10 ** log_share(100, 1.0) * 100)


@pytest.fixture(scope="module")
def loaded() -> PocketSphinxRecognizer:
    return PocketSphinxEngine().load(ModelFiles("pocketsphinx", BASE))


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Samples]:
    """A synthesizer's voice."""
    if shutil.which("flite") is None:
        pytest.skip("no flite to speak sentences with new names")
    folder = tmp_path_factory.mktemp("said")

    def say(sentence: str) -> Samples:
        path = folder / "said.wav"
        subprocess.run(["flite", "-voice", "slt", "-t", sentence, "-o", str(path)], check=True)
        audio, rate_hz = soundfile.read(path, dtype="float32")
        return audio if rate_hz == SAMPLE_RATE_HZ else soxr.resample(audio, rate_hz, SAMPLE_RATE_HZ)

    return say


TENS = ("twenty", "thirty", "forty", "fifty", "sixty")
ONES = ("one", "two", "three", "four", "five")
SENTENCES = {
    "brandvolt": "please call doctor brandvolt about the results tomorrow",
    "zelorixan": "the patient was given zelorixan twice a day",
    "anoushka perivale": "send the report to anoushka perivale before noon",
    "tarnovo bay": "we will fly to tarnovo bay on friday morning",
}


def invented(count: int) -> tuple[str, ...]:
    """That many names that nobody has."""
    draw = np.random.default_rng(7)
    syllables = ("ba", "ko", "ven", "tor", "mi", "shal", "zu", "rex", "lan", "di", "pra", "sol", "fen", "ga", "lor")
    names = ("".join(draw.choice(syllables, size)) for size in draw.integers(3, 6, 2 * count))
    return tuple(dict.fromkeys(names))[:count]


NUMBERS = tuple(f"{tens} {ones}" for tens in TENS for ones in ONES)
HUNDRED = PhraseList((*SENTENCES, *invented(100 - len(SENTENCES))))


@pytest.mark.slow
def test_names_inside_sentences_are_heard_with_the_list_and_not_without(loaded, said):
    without = {name: loaded.recognize(said(sentence))[0] for name, sentence in SENTENCES.items()}
    heard = {name: loaded.recognize(said(sentence), phrases=HUNDRED)[0] for name, sentence in SENTENCES.items()}

    assert not any(name in found.lexical for name, found in without.items())
    assert all(name in found.lexical for name, found in heard.items())
    for name, sentence in SENTENCES.items():
        assert errors(sentence, heard[name]) < errors(sentence, without[name]), "the words around it stay"
        times = [moment for word in heard[name].words for moment in (word.start, word.end)]
        assert times == sorted(times), "as those of the words of any sentence"
        assert all(0.0 < word.confidence <= 1.0 for word in heard[name].words)


@pytest.mark.slow
def test_the_table_of_the_page_is_what_is_recognized(loaded):
    lexical = normalizer("en-US").lexical
    test, train = SAMPLE / "test", SAMPLE / "train"
    written = [line.partition("\t")[0] for line in (train / "pronunciations.txt").read_text("utf-8").splitlines()]
    names = PhraseList(tuple(lexical(word) for word in written if word[0].isupper()))
    files = {text: name for name, text in (line.split("\t") for line in (test / "trans.txt").read_text().splitlines())}
    rows = [[cell.strip() for cell in row.split("|")[1:4]] for row in PAGE.splitlines() if row.startswith("| ")]
    rows = [row for row in rows if row[0] in files]

    def heard(said: str, phrases: PhraseList) -> str:
        path = test / "audio" / files[said]
        (stretch,) = speech_in(path)
        samples = read(path)[round(stretch.start * SAMPLE_RATE_HZ) : round(stretch.end * SAMPLE_RATE_HZ)]
        return loaded.recognize(samples, phrases=phrases)[0].lexical

    assert (len(rows), len(names.phrases)) == (4, 14)
    assert "the 14 names" in PAGE
    for said, without, having in rows:
        assert heard(said, PhraseList(())) == lexical(without)
        assert heard(said, names) == lexical(having)


def errors(said: str, heard: Hypothesis) -> int:
    return align(said.split(), heard.lexical.split()).counts.errors


@pytest.mark.slow
def test_alternatives_speak_the_phrases_words_too(loaded, said):
    found = loaded.recognize(said(SENTENCES["anoushka perivale"]), alternatives=4, phrases=HUNDRED)

    assert len(found) == 4
    assert not any(character.isupper() for one in found for character in one.lexical), "no token shows"


@pytest.mark.slow
def test_two_tenants_on_one_decoder_in_turn_never_hear_each_others_phrases(loaded, said):
    audio = [said(SENTENCES["brandvolt"]), said(SENTENCES["tarnovo bay"])]
    first, second = PhraseList(("brandvolt",)), PhraseList(("tarnovo bay",))
    alone = PocketSphinxEngine().load(ModelFiles("pocketsphinx", BASE))
    nothing = [alone.recognize(one, alternatives=3) for one in audio]

    turns = [(loaded.recognize(one, phrases=first), loaded.recognize(one, phrases=second)) for one in audio]
    after = [loaded.recognize(one, alternatives=3) for one in audio]

    assert after == nothing, "what others expected leaves no trace"
    assert "brandvolt" in turns[0][0][0].lexical
    assert "tarnovo bay" in turns[1][1][0].lexical
    assert turns[0][1] == nothing[0][:1], "the second tenant expects no Brandvolt"
    assert turns[1][0] == nothing[1][:1], "the first tenant expects no Tarnovo"
    assert loaded.recognize(audio[0], phrases=first) == turns[0][0]


@pytest.mark.slow
def test_a_list_of_nothing_that_is_said_changes_nothing(loaded, said):
    irrelevant = PhraseList(invented(100))
    for sentence in SENTENCES.values():
        audio = said(sentence)
        assert loaded.recognize(audio, phrases=irrelevant)[0].words == loaded.recognize(audio)[0].words


@pytest.mark.slow
def test_a_weight_of_nothing_is_no_list(loaded, said):
    audio = said(SENTENCES["brandvolt"])
    plain = loaded.recognize(audio)

    assert loaded.recognize(audio, phrases=PhraseList(("brandvolt",), 0.0)) == plain
    assert loaded.recognize(audio, phrases=PhraseList(())) == plain
    assert loaded.recognize(audio, phrases=PhraseList(("brandvolt",), 0.5)) != plain


@pytest.mark.slow
def test_a_hundred_new_names_are_ready_in_a_quarter_of_a_second_and_five_thousand_phrases_in_two(loaded):
    silence = np.zeros(0, np.float32)
    loaded.recognize(silence, phrases=PhraseList(("brandvolt",)))  # the first time on a machine, the model is learned
    names = invented(100)
    streets = tuple(f"{name} {kind} {number}" for name in names for kind in ("street", "lane") for number in NUMBERS)
    seconds = []
    for phrases in (names, streets):
        begin = time.process_time()
        loaded.recognize(silence, phrases=PhraseList(phrases))
        seconds.append(time.process_time() - begin)

    assert len(streets) == 5000
    assert seconds[0] < 0.25
    assert seconds[1] < 2.0


@pytest.mark.slow
def test_a_list_that_was_used_lately_costs_nothing_again(loaded, monkeypatch):
    silence = np.zeros(0, np.float32)
    lists = [PhraseList((name,)) for name in invented(9)]
    for one in lists:
        loaded.recognize(silence, phrases=one)
    monkeypatch.setattr(module, "cached", lambda *_: pytest.fail("made ready again"))

    loaded.recognize(silence, phrases=lists[-1])
    loaded.recognize(silence, phrases=PhraseList(lists[-1].phrases, 1.5))
    with pytest.raises(pytest.fail.Exception):
        loaded.recognize(silence, phrases=lists[0])


@pytest.mark.slow
def test_silence_and_noise_hear_no_phrase(loaded):
    noise = np.random.default_rng(0).normal(0.0, 1e-3, SAMPLE_RATE_HZ).astype(np.float32)

    for audio in (np.zeros(SAMPLE_RATE_HZ, np.float32), noise, np.zeros(10, np.float32)):
        assert loaded.recognize(audio, phrases=HUNDRED)[0].words == ()
