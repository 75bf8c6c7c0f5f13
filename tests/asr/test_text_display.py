"""What the display form writes is read back as it was said: the sheet of pairs, and real conversations.

Ink says less than sound. Where two ways to say the same are written alike, one of them cannot come back; those pairs of
the sheet are listed here with the reason, and stay only as long as they do not come back.
"""

import re
from pathlib import Path

import pytest

from speechsmith.asr.display import Formatter, Profanity
from speechsmith.asr.text import normalizer

SHEET = Path(__file__).with_name("display_sheet.tsv")
LEXICAL = normalizer("en-US").lexical
WRITER = Formatter("en-US", hesitations=True, profanity=Profanity.NONE)
DO_NOT_COME_BACK = {
    "the British 'and', or 'a' for one": [
        "we sold one hundred and five tickets",
        "it was a hundred and twenty pages long",
        "there were ten thousand and one stars",
        "the one hundred and first floor",
        "the year two thousand and ten",
        "we were founded in two thousand and twelve",
        "a hundred dollars",
        "it is worth a million dollars",
        "is your address four hundred and twelve oak street",
    ],
    "figures said in groups, doubled or with 'zero'": [
        "agent double oh seven",
        "locker zero zero seven",
        "the pin is triple eight four",
        "bus number double four",
        "postal code nine double oh one two",
        "the year is two zero two six",
        "testing one two three",
        "account number one two three four five six seven eight nine zero",
        "the combination is twelve thirty four fifty six",
        "call one eight hundred four five six eight nine one zero",
        "call four two five double five five one two three four",
        "the fax is six one nine five five five twelve thirty four",
        "you can reach me at four one two five five five zero one eight eight",
        "prices start at forty nine ninety nine",
    ],
    "a year, a date or a quantity said in the rarer way": [
        "one thousand two hundred thirty four",
        "december two thousand nineteen",
        "october twenty six twenty twenty five",
    ],
    "times said by quarters": [
        "half past six",
        "a quarter to seven",
        "quarter past nine",
        "can we meet next tuesday at half past two",
    ],
    "words that the sign does not tell": [
        "negative five",
        "twelve dollars fifty",
        "three hundred pounds sterling",
    ],
    "letters that make a word": [
        "spell it m i l l e r",
        "visit www dot example dot org slash help",
        "open the file at www dot acme dot com slash docs slash setup",
    ],
    "hesitations are not written": [
        "um i want to pay",
        "i uh need help",
        "the the door is open",
        "i want i want to go",
    ],
}
LISTED = {spoken for pairs in DO_NOT_COME_BACK.values() for spoken in pairs}
PAIRS = [
    tuple(line.split("\t"))
    for line in SHEET.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("spoken", "written"), [pair for pair in PAIRS if pair[0] not in LISTED])
def test_what_was_said_comes_back(spoken, written):
    assert LEXICAL(written) == spoken


def test_a_pair_is_listed_only_as_long_as_it_does_not_come_back():
    assert {spoken for spoken, written in PAIRS if LEXICAL(written) != spoken} == LISTED


def test_what_does_not_come_back_as_it_was_said_is_written_alike():
    """The other reading means the same: written again it gives the same text."""
    writer = Formatter("en-US")
    changed = [written for _, written in PAIRS if writer.forms(LEXICAL(written).split()).display != written]

    assert len(changed) <= 0.03 * len(PAIRS), changed


@pytest.mark.slow
def test_conversations_come_back_from_the_display_form(real_speech):
    lines = (real_speech / "text" / "primock57_medical.txt").read_text(encoding="utf-8").splitlines()
    said = [LEXICAL(sentence) for line in lines for sentence in re.split(r"(?<=[.?!])\s+", line)][::3]

    changed = [words for words in filter(None, said) if LEXICAL(WRITER.forms(words.split()).display) != words]

    assert len(changed) <= 0.005 * len(said), changed
