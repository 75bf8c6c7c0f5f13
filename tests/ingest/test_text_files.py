"""Plain text and pronunciations: encoding, lines, and files that are something else."""

import tracemalloc

import pytest

from speechsmith.asr.types import CorpusKind
from speechsmith.ingest.base import Content, IngestError
from speechsmith.ingest.registry import READERS
from uploads import noise, zipped

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("data", [b"one\ntwo\n", BOM + b"one\r\ntwo", b"one\rtwo\r", b"\n one \n\n\ttwo\n\n"])
def test_byte_order_mark_and_line_ends_do_not_matter_and_blank_lines_count_for_nothing(read, data):
    result = read("Language", data)

    assert result.counts == (2, 0)
    assert result.lines("language_data.txt") == ["one", "two"]


def test_good_lines_stay_in_order_with_their_doubles_and_bad_ones_are_counted_with_number_text_and_hint(read):
    result = read("Language", "one\nhttp://x.org\n\none\nчто\ntwo\n".encode())

    assert result.counts == (3, 2)
    assert result.lines("language_data.txt") == ["one", "one", "two"]
    assert result.report["rejected"]["entries"][0] == {
        "code": "UriInLine",
        "message": "The line has an address: http://x.org",
        "hint": "Remove the address, or write it as it is spoken.",
        "line": 2,
        "text": "http://x.org",
    }
    assert result.rejected == [(2, "UriInLine"), (5, "ForeignCharacter")]
    assert [file.content for file in result.ingested.files] == [Content.TEXT, Content.REPORT]
    assert result.ingested.duration is None


def test_what_an_annotator_wrote_between_brackets_is_kept_and_noted(read):
    result = read("Language", b"[noise] hello\n5 < 6 and 7 > 6\nso <unk> it is\n")

    assert result.counts == (3, 0)
    entries = result.report["notes"]["entries"]
    assert [(note["line"], note["code"]) for note in entries] == [(1, "RemarkInLine"), (3, "RemarkInLine")]
    assert entries[1]["message"] == "<unk> counts as words that are spoken."


def test_a_text_of_one_word_is_a_text(read):
    assert read("Language", b"hello").counts == (1, 0)


@pytest.mark.parametrize("kind", ["Language", "Pronunciation"])
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EmptyFile"),
        (BOM, "EmptyFile"),
        (BOM + b" \r\n", "EmptyFile"),
        (b" \n" * 9999, "NothingAccepted"),
        ("a\tb\n".encode("utf-16"), "NoUtf8WithBom"),
        ("hello world\n".encode("utf-16-le"), "NoUtf8WithBom"),
        (zipped({"a.txt": b"hello"}), "NotText"),
        (noise(), "NotText"),
        (b"%PDF-1.7\n", "NotText"),
    ],
)
def test_a_file_of_which_nothing_can_be_made_is_refused(refusal, kind, data, code):
    assert refusal(kind, data) == code


def test_a_text_may_begin_like_another_format(read):
    assert read("Language", b"FORM follows function\nRIFF raff\n").counts == (2, 0)


def test_a_byte_that_is_not_utf8_fails_the_file_and_is_named(read):
    with pytest.raises(IngestError, match=r"Line 70001 is not UTF-8 \(byte 0xE9\)") as caught:
        read("Language", b"a line of text in ASCII\n" * 70_000 + b"caf\xe9\n")

    assert caught.value.code == "NoUtf8WithBom"


def test_a_file_that_ends_within_a_character_is_refused(refusal):
    assert refusal("Language", "café".encode()[:-1]) == "NoUtf8WithBom"


def test_when_nothing_is_left_the_dataset_fails_with_reasons_and_the_report_stays(read, tmp_path):
    with pytest.raises(IngestError, match=r"All 2 were rejected: 2 NoWords. The first, line 1") as caught:
        read("Language", b"!\n?\n")

    assert caught.value.code == "NothingAccepted"
    assert (tmp_path / "out" / "report.json").exists()


def test_nuls_spoil_their_line_only(read):
    assert read("Language", b"one\ntw\0o\nthree and some more words\n").rejected == [(2, "ControlCharacter")]


def test_a_line_of_50_mb_is_refused_without_being_held(read):
    data = b"one\n" + b"x" * 50_000_000 + b"\ntwo\n"
    tracemalloc.start()
    try:
        result = read("Language", data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert result.rejected == [(2, "LineTooLong")]
    assert result.lines("language_data.txt") == ["one", "two"]
    assert len(result.report["rejected"]["entries"][0]["text"]) < 400
    assert most < 12_000_000


def test_a_line_of_exactly_the_limit_passes(read):
    assert read("Language", b"ab c\nab cd\n", line_chars=4).rejected == [(2, "LineTooLong")]


def test_a_file_over_the_limit_is_refused(refusal):
    assert refusal("Language", b"hello", upload_bytes=4) == "FileTooLarge"
    assert refusal("Pronunciation", b"a\tb", upload_bytes=2) == "FileTooLarge"


@pytest.mark.parametrize("locale", ["ja-JP", "ko-KR"])
def test_japanese_and_korean_take_20_000_lines(read, locale):
    assert read("Language", b"ok\n" * 20_002, locale).counts == (20_000, 2)
    assert read("Language", b"ok\n" * 20_002, "de-DE").counts == (20_002, 0)


def test_the_report_is_bounded_and_says_how_much_it_leaves_out(read):
    result = read("Language", b"good\n" + ("\u0416" * 4000 + "\n").encode() * 50, report_entries=10)

    assert result.counts == (1, 50)
    assert result.report["rejected"]["leftOut"] == 40
    assert len(result.report["rejected"]["entries"]) == 10
    assert (result.out / "report.json").stat().st_size < 40_000


def test_a_pronunciation_line_is_a_displayed_and_a_spoken_form(read):
    result = read("Pronunciation", BOM + b"3CPO\tthree c p o\r\nCNTK \t c  n t k\nWWW\tw w w\nO'Neill\to'neill\n")

    assert result.counts == (4, 0)
    assert result.lines("pronunciation_data.txt") == [
        "3CPO\tthree c p o", "CNTK\tc n t k", "WWW\tw w w", "O'Neill\to'neill",
    ]  # fmt: skip
    assert result.ingested.files[0].content is Content.PRONUNCIATIONS


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("3CPO three c p o", "NoTab"),
        ("\tthree", "EmptyDisplayedForm"),
        ("3CPO\t ", "EmptySpokenForm"),
        ("3CPO\t'", "EmptySpokenForm"),
        ("a\tb\tc", "TooManyTabs"),
        ("3CPO\t3 c p o", "SpokenFormCharacter"),
        ("3CPO\t<phoneme>three</phoneme>", "SpokenFormCharacter"),
        ("3CPO\tthree/c", "SpokenFormCharacter"),
        ("3CPO\tтри", "ForeignCharacter"),
        ("3C\x01PO\tthree", "ControlCharacter"),
    ],
)
def test_each_rule_of_pronunciations(read, line, code):
    assert read("Pronunciation", f"ok\to k\n{line}\n".encode()).rejected == [(2, code)]


def test_a_displayed_form_of_several_words_is_noted(read):
    result = read("Pronunciation", b"Dr. Moltrino\tdoctor moltrino\nok\to k\n")

    assert (result.counts, result.notes) == ((2, 0), {"SeveralWords": 1})


def test_english_pronunciations_may_be_windows_1252(read, refusal):
    result = read("Pronunciation", b"caf\xe9\tca fay\n")

    assert result.lines("pronunciation_data.txt") == ["café\tca fay"]
    assert result.notes == {"ReadAsWindows1252": 1}
    assert refusal("Pronunciation", b"caf\xe9\tca fay\n", "fr-FR") == "NoUtf8WithBom"


@pytest.mark.parametrize("locale", ["ja-JP", "ko-KR", "zh-CN", "th-TH", "hi-IN"])
def test_locales_without_pronunciations_say_so(refusal, locale):
    assert refusal("Pronunciation", b"a\tb\n", locale) == "LocaleNotSupported"


def test_every_kind_of_dataset_has_a_reader():
    assert set(READERS) == set(CorpusKind)
