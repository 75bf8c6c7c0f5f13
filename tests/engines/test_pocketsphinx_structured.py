"""Structured text as the engine reads it: sentences over list tokens, members, compounds, phonetic pronunciations."""

from pathlib import Path

import pytest

from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.text import normalizer
from speechsmith.engines.pocketsphinx.compounds import compound, parts, pronounced
from speechsmith.engines.pocketsphinx.domain_text import Rejections
from speechsmith.engines.pocketsphinx.structured import (
    MOST_ITEM_WORDS,
    StructuredText,
    is_token,
    read_phonetic,
    read_structured,
)

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
