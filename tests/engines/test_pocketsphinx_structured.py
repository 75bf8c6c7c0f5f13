"""Structured text as the engine reads it: sentences over list tokens, members, compounds, phonetic pronunciations."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest
import soundfile

from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.ngram import END, START, encode, estimate, expand
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.engines.pocketsphinx.compounds import compound, parts, pronounced
from speechsmith.engines.pocketsphinx.domain_text import Rejections
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.lm_file import write_lm
from speechsmith.engines.pocketsphinx.recognizer import PocketSphinxRecognizer
from speechsmith.engines.pocketsphinx.structured import (
    MOST_ITEM_WORDS,
    StructuredText,
    is_token,
    read_phonetic,
    read_structured,
)
from speechsmith.ingest.base import IngestRequest
from speechsmith.ingest.markdown import read as read_markdown

PACKAGED = Path(pocketsphinx.get_model_path()) / "en-us"
LEXICAL = normalizer("en-US").lexical
TEXT = """\
@ list part =
- Fuse
- drive belt
- drive belt
@ list unused =
- lamp
@ speech:phoneticlexicon
- fuse/F J U Z
- Fuse/F J U S
# sentences
- One {@part}, please!
- what do you have
"""


@pytest.fixture
def read(tmp_path):
    """Read markdown files; gives what was read, the codes of what was not, and the words that stay whole."""

    def read(*texts: str) -> tuple[StructuredText, list[tuple[str, int, str]], dict[str, str]]:
        paths = [tmp_path / f"{number}.md" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        rejections = Rejections()
        _, whole = read_phonetic(paths, lexical=LEXICAL, rejections=rejections)
        found = read_structured(paths, lexical=LEXICAL, own_words=whole, rejections=rejections)
        return found, [(one.file, one.line, one.code) for one in rejections.listed], whole

    return read


def phonetic(path: Path, *lines: str) -> tuple[dict[str, tuple], list[str]]:
    path.write_text("@ speech:phoneticlexicon\n" + "\n".join(f"- {line}" for line in lines), encoding="utf-8")
    rejections = Rejections()
    entries, _ = read_phonetic([path], lexical=LEXICAL, rejections=rejections)
    assert {entry.source for entry in entries} <= {"user"}
    return {entry.word: entry.pronunciations for entry in entries}, [one.code for one in rejections.listed]


def test_sentences_have_tokens_and_members_are_words_or_compounds_as_often_as_they_were_written(read):
    found, rejected, _ = read(TEXT)

    assert found.sentences == (("one", "{0:part}", "please"), ("what", "do", "you", "have"))
    assert found.lists == {"{0:part}": ("fuse", "drive_belt", "drive_belt")}
    assert list(found.words()) == ["fuse", "drive", "belt"]
    assert rejected == []


def test_a_list_belongs_to_its_file(read):
    found, _, _ = read("@ list x =\n- a\n# s\n- say {@x}\n", "@ list x =\n- b\n# s\n- say {@x}\n")

    assert found.lists == {"{0:x}": ("a",), "{1:x}": ("b",)}
    assert found.sentences == (("say", "{0:x}"), ("say", "{1:x}"))


@pytest.mark.parametrize(
    ("sentence", "words", "members"),
    [
        ("call {@x}'s phone", ("call", "{0:x's}", "phone"), ("ann's", "new_york's")),
        ("non-{@x} now", ("{non-0:x}", "now"), ("non_ann", "non_new_york")),
        ("two {@x}s.", ("two", "{0:xs.}"), ("anns", "new_yorks")),
        ('"{@x}", ({@x}) {@x}?', ("{0:x}",) * 3, ("ann", "new_york")),
        ("{@x}/{@x}", ("{0:x}",) * 2, ("ann", "new_york")),
        ("{@x}and{@x}", ("{0:x}", "and", "{0:x}"), ("ann", "new_york")),
        ("{@x}{@x}", ("{0:x}",) * 2, ("ann", "new_york")),
        ("{@x}", ("{0:x}",), ("ann", "new_york")),
    ],
)
def test_what_is_written_against_a_reference_belongs_to_each_item_and_punctuation_to_none(
    read, sentence, words, members
):
    found, rejected, _ = read(f"@ list x =\n- Ann\n- New York\n# s\n- {sentence}\n")

    assert found.sentences == (words,)
    assert set(found.lists) == {word for word in words if is_token(word)}
    assert {tuple(each) for each in found.lists.values()} == {members}
    assert rejected == []


def test_lines_without_a_word_and_items_that_are_sentences_are_noted(read):
    long = " ".join(["word"] * (MOST_ITEM_WORDS + 1))

    found, rejected, _ = read(f"@ list x =\n- ?\n- {long}\n- good\n# s\n- ...\n- {{@x}}\n")

    assert rejected == [("0.md", 6, "NoWords"), ("0.md", 2, "NoWords"), ("0.md", 3, "ItemTooLong")]
    assert found.lists == {"{0:x}": ("good",)}


def test_words_with_phones_are_entries_and_stay_whole_where_the_lexical_form_would_change_them(read):
    _, _, whole = read(TEXT + "@ speech:phoneticlexicon\n- 3CPO/TH R I\n- .net/D AO T\n")

    assert whole == {"3cpo": "3cpo", ".net": ".net"}


def test_phones_become_those_of_the_lexicon_and_a_word_keeps_all_its_pronunciations(tmp_path):
    entries, rejected = phonetic(tmp_path / "a.md", "Fuse/F J U Z", "fuse/f j u s", "minor/M AI N AX R")

    assert entries == {
        "fuse": (("F", "Y", "UW", "Z"), ("F", "Y", "UW", "S")), "minor": (("M", "AY", "N", "ER"),)
    }  # fmt: skip
    assert rejected == []


def test_entries_that_the_decoder_cannot_have_are_noted(tmp_path):
    entries, rejected = phonetic(tmp_path / "a.md", "<s>/S", "a(2)/AX", "a_b/AX B", "two words/T U", "good/G XX", "/B")

    assert entries == {}
    assert rejected == ["NotAWord", "NotAWord", "NotAWord", "NotAWord", "UnknownPhone", "NotAWord"]


def test_a_compound_sounds_like_its_words_and_comes_apart_again():
    lexicon = Lexicon({"drive": [("D", "R", "AY", "V")], "the": [("DH", "AH"), ("DH", "IY")]})

    ways = pronounced(["drive", "the_drive", "drive_unknown"], lexicon, variants=2)

    assert ways == {"the_drive": (("DH", "AH", "D", "R", "AY", "V"), ("DH", "IY", "D", "R", "AY", "V"))}
    assert parts(compound(["drive", "belt"])) == ["drive", "belt"]
    assert [parts(word) for word in ("drive", "_", "_a")] == [["drive"], ["_"], ["a"]]


def test_members_that_cannot_be_pronounced_are_left_out_and_so_is_a_list_that_has_no_others():
    text = StructuredText((("{a}",),), {"{a}": ("fuse", "fuse_xqz", "xqz"), "{b}": ("xqz",)})
    lexicon = Lexicon({"fuse": [("F",)]})

    found, ways = text.spoken(lexicon)

    assert found.lists == {"{a}": ("fuse",)}
    assert ways == {}


@pytest.mark.slow
def test_one_of_two_thousand_names_is_recognized_inside_a_sentence(tmp_path):
    lexicon = Lexicon.read(PACKAGED / "cmudict-en-us.dict")
    rng = np.random.default_rng(5)
    usual = [word for word in lexicon if word.isalpha() and 5 <= len(word) <= 7]
    first, second = (sorted(rng.choice(usual, 50, replace=False)) for _ in range(2))
    names = [f"{a.capitalize()} {b.capitalize()}" for a in first[:40] for b in second]
    lists = "@ list place =\n" + "".join(f"- {name}\n" for name in names)
    (tmp_path / "up.md").write_text(f"{lists}# ask\n- drive to {{@place}}\n- {{@place}}'s weather please\n")
    read_markdown(tmp_path / "up.md", tmp_path, IngestRequest("en-US"), None, lambda stage, fraction: None)
    rejections = Rejections()
    text = read_structured(
        [tmp_path / "language_markdown_data.md"], lexical=LEXICAL, own_words={}, rejections=rejections
    )

    text, ways = text.spoken(lexicon.with_entries({f"{word}'s": [(*lexicon[word][0], "Z")] for word in second}))
    vocabulary = (START, END, *dict.fromkeys(word for sentence in text.sentences for word in sentence))
    index = {word: i for i, word in enumerate(vocabulary)}
    tokens = estimate(encode(map(" ".join, text.sentences), index), vocabulary)
    write_lm(expand(tokens, text.lists), tmp_path / "language.lm.bin")
    lexicon.with_entries(ways).write(tmp_path / "lexicon.dict")
    recognizer = PocketSphinxRecognizer(
        DecoderFiles(PACKAGED / "en-us", tmp_path / "language.lm.bin", tmp_path / "lexicon.dict")
    )

    assert len(ways) == 2 * 2_000
    assert rejections.count == 0
    right = 0
    for number, name in enumerate(rng.choice(names, 8, replace=False)):
        sentence = f"{name}'s weather please" if number % 2 else f"drive to {name}"
        words = recognizer.recognize(said(sentence, tmp_path))[0].words
        right += [part for word in words for part in parts(word.text)] == sentence.lower().split()
    assert right >= 6


def said(text: str, folder: Path) -> Samples:
    """The text as a synthesizer speaks it, with a little room before and behind."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("flite, which speaks for this test, is not installed")
    wav = folder / "said.wav"
    subprocess.run([flite, "-voice", "slt", "-t", text, "-o", str(wav)], check=True)
    audio, rate_hz = soundfile.read(wav, dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    room = np.random.default_rng(1).normal(0, 1e-4, 4_000).astype(np.float32)
    return np.concatenate([room, audio, room])
