"""The lexicon: the decoder's file format, adding entries, and spoken forms."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from speechsmith.asr.lexicon import Lexicon, Pronunciation, joined

DECODER_FILE = """\
a AH
a(2) EY
a. EY
c S IY
o OW
p P IY
read R IY D
read(2) R EH D
three TH R IY
"""


class Guess:
    """A pronouncer that knows one word."""

    def pronounce(self, words: Iterable[str], variants: int = 2) -> dict[str, tuple[Pronunciation, ...]]:
        return {word: (("Z", "AH"), ("Z", "UW")) if word == "zorg" else () for word in words}


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    path = tmp_path / "lexicon.dict"
    path.write_text(DECODER_FILE, encoding="utf-8")
    return Lexicon.read(path)


def test_variants_belong_to_their_word(lexicon: Lexicon) -> None:
    assert lexicon["read"] == (("R", "IY", "D"), ("R", "EH", "D"))
    assert len(lexicon) == 7
    assert "read(2)" not in lexicon
    assert lexicon.phones == ("AH", "D", "EH", "EY", "IY", "OW", "P", "R", "S", "TH")


def test_what_is_written_reads_back_the_same_and_equal_lexicons_give_equal_files(
    lexicon: Lexicon, tmp_path: Path
) -> None:
    lexicon.write(tmp_path / "again.dict")
    assert (tmp_path / "again.dict").read_text(encoding="utf-8") == DECODER_FILE
    assert dict(Lexicon.read(tmp_path / "again.dict")) == dict(lexicon)
    assert not list(tmp_path.glob("*.part"))


def test_lines_without_phones_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "odd.dict").write_text("\nempty\nsmile(2) S\n:-) S M\nword W\n", encoding="utf-8")
    assert dict(Lexicon.read(tmp_path / "odd.dict")) == {"smile": (("S",),), ":-)": (("S", "M"),), "word": (("W",),)}


def test_new_entries_come_first_and_known_ones_stay(lexicon: Lexicon) -> None:
    more = lexicon.with_entries({"three": [("S", "R", "IY"), ("TH", "R", "IY")], "new": [("N", "UW")], "none": []})
    assert more["three"] == (("S", "R", "IY"), ("TH", "R", "IY"))
    assert more["new"] == (("N", "UW"),)
    assert "none" not in more
    assert "new" not in lexicon


def test_a_spoken_form_is_its_words_one_after_the_other(lexicon: Lexicon) -> None:
    assert lexicon.spoken("three c p o") == (("TH", "R", "IY", "S", "IY", "P", "IY", "OW"),)
    assert lexicon.spoken("  Three   C ") == (("TH", "R", "IY", "S", "IY"),)


def test_a_single_letter_is_its_name_before_it_is_a_word(lexicon: Lexicon) -> None:
    assert lexicon.spoken("a") == (("EY",), ("AH",))


def test_unknown_words_of_a_spoken_form_are_guessed_or_make_it_unspeakable(lexicon: Lexicon) -> None:
    assert lexicon.spoken("zorg c", Guess()) == (("Z", "AH", "S", "IY"), ("Z", "UW", "S", "IY"))
    assert lexicon.spoken("zorg c") == ()
    assert lexicon.spoken("zorg blah", Guess()) == ()
    assert lexicon.spoken("   ", Guess()) == ()


def test_combinations_are_ordered_by_how_far_they_stray_and_bounded() -> None:
    part = (("A",), ("B",))
    assert joined([part, part], 4) == (("A", "A"), ("A", "B"), ("B", "A"), ("B", "B"))
    assert joined([part, part], 3) == (("A", "A"), ("A", "B"), ("B", "A"))
    assert joined([part, ()], 3) == ()
    long = joined([part] * 500, 4)
    assert len(long) == 4
    assert long[0] == ("A",) * 500
