"""E-mail and web addresses, as they are read: "jane.doe@example.com" -> "jane dot doe at example dot com"."""

import re

from speechsmith.asr.text.english.reader import Reader, Rule

_SIGNS = {".": "dot", "@": "at", "-": "dash", "_": "underscore", "+": "plus", "/": "slash", ":": "colon"}
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")
_TOP_LEVELS = "ai|app|au|biz|ca|ch|com|de|dev|edu|es|eu|fr|gov|info|io|jp|mil|net|nl|online|org|shop|tech|tv|uk|xyz"
_LABEL = "[a-z0-9-]{1,63}"
_PATH = r"(?:/[\w-]{1,63}){0,9}/?"


def _address(_reader: Reader, match: re.Match[str]) -> str:
    return _SIGN.sub(lambda sign: f" {_SIGNS[sign[0]]} ", match[0].rstrip("/"))


RULES: tuple[Rule, ...] = (
    (re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}}@{_LABEL}(?:\.{_LABEL}){{1,5}}(?![\w@])"), _address),
    (
        re.compile(
            rf"(?<![\w.@-])(?:https?://)?(?:www\.(?:{_LABEL}\.){{0,4}}{_LABEL}"
            rf"|(?:{_LABEL}\.){{1,4}}(?:{_TOP_LEVELS}))(?![\w@]|\.\w){_PATH}"
        ),
        _address,
    ),
)
