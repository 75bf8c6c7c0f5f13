"""Structured text: what a markdown file may say, what is left out of it, and what is kept."""

import pytest

from speechsmith.asr.markdown import items
from speechsmith.ingest.base import Content

FILE = "language_markdown_data.md"
GOOD = """\
// comment
@ list part =
- fuse
- drive belt
@ speech:phoneticlexicon
- fuse/f j u z
> another comment
# Requests
- one {@part} please
- what do you have
"""
WRITTEN = [
    "@ list part =",
    "- fuse",
    "- drive belt",
    "@ speech:phoneticlexicon",
    "- fuse/F J U Z",
    "# sentences",
    "- one {@part} please",
    "- what do you have",
]
LIST = "@ list a =\n- x\n"


def rejected(read, text: str, **options) -> list:
    """What is left out of a text that has a good sentence as well."""
    return read("LanguageMarkdown", (text + "# good\n- good\n").encode(), **options).rejected


def test_comments_and_names_of_sections_go_and_everything_else_stays_in_order(read):
    result = read("LanguageMarkdown", GOOD.encode())

    assert result.counts == (5, 0)
    assert result.lines(FILE) == WRITTEN
    assert [file.content for file in result.ingested.files] == [Content.TEXT, Content.REPORT]


def test_reading_what_was_written_changes_nothing(read):
    text = GOOD + "- Hey {@ PART }, {@part}'s  {@part}!\n@ list empty =\n# x\n- to {@empty}\n- café {@part}\n"
    once = read("LanguageMarkdown", text.encode())
    data = (once.out / FILE).read_bytes()

    twice = read("LanguageMarkdown", data)

    assert once.counts == (7, 2)
    assert "- Hey {@part}, {@part}'s {@part}!" in once.lines(FILE)
    assert (twice.counts, (twice.out / FILE).read_bytes()) == ((7, 0), data)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_line_ends_do_not_matter(read, bom, end):
    assert read("LanguageMarkdown", bom + GOOD.replace("\n", end).encode()).lines(FILE) == WRITTEN


def test_lists_may_stand_behind_the_sentences_and_headings_may_be_written_in_many_ways(read):
    text = (
        "#Ask\n- a {@PART}\n##\n- b\n@list Part=\n-fuse\n@   LIST other  =\n - belt\n@ Speech:PhoneticLexicon\n-a/ax\n"
    )

    result = read("LanguageMarkdown", text.encode())

    assert result.lines(FILE) == [
        "# sentences", "- a {@part}", "# sentences", "- b", "@ list part =", "- fuse", "@ list other =", "- belt",
        "@ speech:phoneticlexicon", "- a/AX",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello\n", [(1, "NotStructured")]),
        ("@ ml name\n- x\n", [(1, "NotStructured"), (2, "ItemOutsideList")]),
        (LIST + "@ regex a\n- y\n", [(3, "NotStructured"), (4, "ItemOutsideList")]),
        ("@ list two words =\n", [(1, "NotStructured")]),
        ("@ list a = x\n", [(1, "NotStructured")]),
        ("- x\n", [(1, "ItemOutsideList")]),
        ("@ list a =\n", [(1, "EmptyList")]),
        ("@ list a =\n- ?\n# s\n- {@a}\n", [(1, "EmptyList"), (2, "NoWords"), (4, "UndefinedList")]),
        (LIST + "@ list A =\n- y\n", [(3, "DuplicateList"), (4, "DuplicateList")]),
        (
            "@ list a =\n- \n- www.example.org\n- что\n- x\n",
            [(2, "NoWords"), (3, "UriInLine"), (4, "ForeignCharacter")],
        ),
        (LIST + "- {@a}\n- b}\n", [(3, "BrokenReference"), (4, "BrokenReference")]),
        (
            LIST + "# s\n- {a}\n- {@a\n- {@a b}\n",
            [(4, "BrokenReference"), (5, "BrokenReference"), (6, "BrokenReference")],
        ),
        ("# s\n- a {@b}\n", [(2, "UndefinedList")]),
        ("# s\n- no no no no\n- ?!\n", [(2, "Repetition"), (3, "NoWords")]),
        (
            "@ speech:phoneticlexicon\n- fuse\n- /f\n- a b/ax b\n- a/\n",
            [(n, "NotAPronunciation") for n in (2, 3, 4, 5)],
        ),
        ("@ speech:phoneticlexicon\n- fuse/f y uw z\n", [(2, "UnknownPhone")]),
        ("@ speech:phoneticlexicon\n- ?/f\n", [(2, "NoWords")]),
        ("@ speech:phoneticlexicon\n- a/ax\n- A/ei\n- a/q\n", [(4, "TooManyPronunciations")]),
    ],
)
def test_each_rule_of_structured_text(read, text, expected):
    assert rejected(read, text) == expected


def test_limits_are_those_of_the_request(read):
    lists = "@ list a =\n- x\n- y\n@ list b =\n- z\n@ list c =\n- z\n"
    phones = "@ speech:phoneticlexicon\n- a/ax\n- b/b i\n"

    assert rejected(read, lists, markdown_lists=2, list_items=1) == [
        (3, "TooManyItems"),
        *[(n, "TooManyLists") for n in (6, 7)],
    ]
    assert rejected(read, phones, phonetic_entries=1) == [(3, "TooManyPhoneticEntries")]
    assert rejected(read, "# s\n- abcd efgh\n", line_chars=7) == [(2, "LineTooLong")]


def test_a_list_that_was_left_out_takes_no_place_from_the_others(read):
    assert rejected(read, "@ list a =\n@ list b =\n- x\n@ list c =\n- x\n", markdown_lists=2) == [(1, "EmptyList")]


def test_the_same_reference_four_times_is_no_repetition(read):
    assert rejected(read, LIST + "# s\n- {@a} {@a} {@a} {@a}\n") == []


def test_a_word_may_have_a_slash_or_a_dot_and_two_pronunciations(read):
    result = read("LanguageMarkdown", b"@ speech:phoneticlexicon\n- .net/D AO T N EH T\n- TCP/IP/t i\n- tcp/ip/AX R\n")

    assert result.lines(FILE)[1:] == ["- .net/D AO T N EH T", "- TCP/IP/T I", "- tcp/ip/AX R"]


def test_phones_are_known_for_english_only(read):
    text = b"@ speech:phoneticlexicon\n- a/ax\n# s\n- gut\n"

    assert read("LanguageMarkdown", text, "en-GB").rejected == []
    assert read("LanguageMarkdown", text, "de-DE").rejected == [(2, "NoPhoneSet")]


def test_a_list_without_a_sentence_is_told(read):
    result = read("LanguageMarkdown", (LIST + "@ list b =\n- y\n# s\n- {@b}\n- no no no no {@a}\n").encode())

    assert result.notes == {"ListNotUsed": 1}
    assert result.report["notes"]["entries"][0]["line"] == 1


def test_the_original_line_stands_in_the_report(read):
    result = read("LanguageMarkdown", b"# s\n- good\n  - no {@thing}\n")

    entry = result.report["rejected"]["entries"][0]
    assert (entry["text"], entry["message"]) == ("  - no {@thing}", "The file has no usable list 'thing'.")


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "EmptyFile"), ("# s\n- a\n".encode("utf-16"), "NoUtf8WithBom"), (b"one\ntwo\n", "NothingAccepted")],
)
def test_a_file_of_which_nothing_can_be_made_is_refused(refusal, data, code):
    assert refusal("LanguageMarkdown", data) == code


def test_a_file_over_the_limit_is_refused(refusal):
    assert refusal("LanguageMarkdown", GOOD.encode(), upload_bytes=9) == "FileTooLarge"


def test_what_was_written_is_what_items_reads(read):
    result = read("LanguageMarkdown", GOOD.encode())

    found = [(heading.name, text) for _, heading, text in items(result.lines(FILE))]
    assert found == [
        ("part", "fuse"), ("part", "drive belt"), ("", "fuse/F J U Z"), ("", "one {@part} please"),
        ("", "what do you have"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["en-US_general_structured-text.md", "en-US_media-entities_structured-text.md"])
def test_real_structured_text_is_accepted_whole(read, real_speech, name):
    file = real_speech / "text" / "azure_customspeech" / name
    if not file.is_file():
        pytest.skip(f"no {file}")

    result = read("LanguageMarkdown", file.read_bytes())

    assert result.counts[1] <= 0.01 * result.counts[0]
    assert result.notes == {}
