"""Universal Phone Set symbols become phones of the packaged lexicon."""

from pathlib import Path

import pocketsphinx
import pytest

from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.phones import UPS, UnknownPhone, arpabet

PUBLISHED = """
    B CH D DH F G H JH K L M N NG P R S SH T TH V W J Z ZH
    AA AE AH AO AOX AU AX AI EH EHX EI IH I O OI OWX Q UH U UWX
"""


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.read(Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict")


def test_the_published_symbols_are_known_and_no_others():
    assert set(PUBLISHED.split()) | {"AX R", "ER R"} == UPS


def test_every_symbol_becomes_phones_of_the_lexicon_and_every_phone_can_be_written(lexicon):
    written = {phone for symbol in UPS for phone in arpabet(symbol)}

    assert written == set(lexicon.phones)


@pytest.mark.parametrize(
    ("word", "symbols"),
    [
        ("big", "B IH G"), ("chin", "CH IH N"), ("dig", "D IH G"), ("then", "DH EH N"), ("fork", "F AOX R K"),
        ("gut", "G AH T"), ("help", "H EH L P"), ("joy", "JH OI"), ("cut", "K AH T"), ("lid", "L IH D"),
        ("mat", "M AE T"), ("no", "N O"), ("sing", "S IH NG"), ("put", "P UH T"), ("red", "R EH D"), ("sit", "S IH T"),
        ("she", "SH I"), ("talk", "T AO K"), ("thin", "TH IH N"), ("vat", "V AE T"), ("with", "W IH DH"),
        ("yard", "J AA R D"), ("zap", "Z AE P"), ("pleasure", "P L EH ZH AX R"), ("father", "F AA DH AX R"),
        ("dog", "D AO G"), ("four", "F AOX R"), ("foul", "F AU L"), ("ago", "AX G O"), ("minor", "M AI N AX R"),
        ("bite", "B AI T"), ("stairs", "S T EHX R Z"), ("urban", "ER R B AX N"), ("ate", "EI T"), ("fill", "F IH L"),
        ("feel", "F I L"), ("toy", "T OI"), ("boa", "B OWX"), ("hot", "H Q T"), ("book", "B UH K"), ("blue", "B L U"),
        ("lure", "L UWX R"), ("around", "AX R AU N D"), ("fuse", "f j u z"),
    ],
)  # fmt: skip
def test_words_sound_as_in_the_lexicon(lexicon, word, symbols):
    assert arpabet(symbols) in lexicon[word]


def test_an_r_is_taken_into_one_vowel_only():
    assert arpabet("AX R R EH D") == ("ER", "R", "EH", "D")


@pytest.mark.parametrize(
    ("symbols", "message"),
    [("HH EH L P", "'HH'.*write H$"), ("B AY T", "write AI"), ("ER", "write ER R"), ("B 1", "'1'"), ("IY", "write I$")],
)
def test_an_unknown_symbol_is_named_with_what_may_be_meant(symbols, message):
    with pytest.raises(UnknownPhone, match=message):
        arpabet(symbols)
