"""Which lines can teach something: one row for each rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechsmith.ingest.rules import TextRules, repeated

JAPANESE = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほ"  # 30 characters


def code(line: str, language: str = "en") -> str | None:
    _, problem = TextRules(language).check(line)
    return problem.code if problem else None


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Speech recognition is awesome."),
        ("en", "hello"),
        ("en", "5"),
        ("en", "James’s café – naïve “résumé”, 5 % of £10 at 20 °C"),
        ("en", "AT&T, C#, C++ and R&D <b>"),
        ("en", "no no no"),
        ("en", "10000000 and 5 5 5 5 5"),
        ("en", "well ....... yes"),
        ("en", "see e.g. page 5, and/or contoso.com"),
        ("de", "Übermäßige Größe: Äpfel, 5 Euro"),
        ("ru", "Привет от Microsoft"),
        ("el", "Καλημέρα"),
        ("ja", "これはペンです。データＡＢＣ"),
        ("zh", "今天天气很好，打开 Outlook"),
        ("ko", "안녕하세요 大韓"),
        ("hi", "नमस्ते दुनिया"),
        ("th", "สวัสดีชาวโลก"),
        ("ar", "مرحبا بالعالم"),
        ("fa", "می‌خواهم"),
        ("xx", "Привет hello 你好"),
    ],
)
def test_ordinary_lines_pass(language, line):
    assert code(line, language) is None


@pytest.mark.parametrize(
    ("language", "line", "expected"),
    [
        ("en", "go to https://example.com/a now", "UriInLine"),
        ("en", "go to WWW.example.com", "UriInLine"),
        ("en", "mailto:me@example.com", "UriInLine"),
        ("en", "aaaah yes, aaaa", "Repetition"),
        ("en", "hahahaha funny", "Repetition"),
        ("en", "what!!!!", "Repetition"),
        ("en", "no no no no", "Repetition"),
        ("en", "No, no, NO, no!", "Repetition"),
        ("en", "la di da la di da la di da la di da", "Repetition"),
        ("ja", "はははは", "Repetition"),
        ("en", "bell\x07 rings", "ControlCharacter"),
        ("en", "n\x00u\x00l", "ControlCharacter"),
        ("en", "next\x85line", "ControlCharacter"),
        ("en", "caf\ufffd", "BrokenCharacter"),
        ("en", "\ue000 private", "BrokenCharacter"),
        ("en", "I love it \U0001f600", "BannedCharacter"),
        ("en", "arrow → there", None),
        ("en", "box ■ there", "BannedCharacter"),
        ("en", "Привет", "ForeignCharacter"),
        ("en", "hello 世界", "ForeignCharacter"),
        ("ru", "Привет 世界", "ForeignCharacter"),
        ("de", "Paragraph § drei", "BannedCharacter"),
        ("de", "5 µ", "BannedCharacter"),
        ("en", "Paragraph § three", None),
        ("en", "?!", "NoWords"),
        ("en", "\u200b \ufeff", "NoWords"),
        ("ja", f"{JAPANESE}う{JAPANESE}え{JAPANESE}", "SentenceTooLong"),
        ("ja", f"{JAPANESE}う{JAPANESE}。{JAPANESE}", None),
    ],
)  # fmt: skip
def test_each_rule_refuses_what_it_is_for(language, line, expected):
    assert code(line, language) == expected


def test_lines_are_cleaned_of_what_cannot_be_seen_and_otherwise_stay():
    text, problem = TextRules("en").check("\u200bHello,  WORLD\u00a0\t cafe\u0301! ")

    assert problem is None
    assert text == "Hello, WORLD caf\u00e9!"


def test_a_problem_names_the_character():
    _, problem = TextRules("en").check("Привет")

    assert problem is not None
    assert "U+041F CYRILLIC CAPITAL LETTER PE" in problem.message


@given(st.text(max_size=200), st.sampled_from(["en", "de", "ja", "hi", "xx"]))
def test_a_line_that_passed_passes_again_unchanged(line, language):
    rules = TextRules(language)
    text, problem = rules.check(line)

    if problem is None:
        assert rules.check(text) == (text, None)


@given(
    st.lists(st.sampled_from(["one", "two", "red", "blue"]), min_size=1, max_size=5), st.integers(4, 6)
)  # fmt: skip
def test_any_group_four_times_in_a_row_is_found(group, times):
    assert repeated(" ".join(["start", *group * times, "end"])) is not None


@given(st.lists(st.integers(), unique=True, max_size=50))
def test_different_words_are_never_a_repetition(numbers):
    assert repeated(" ".join(f"x{number}y" for number in numbers)) is None
