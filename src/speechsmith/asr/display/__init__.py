"""Display text: what was said, written as people write it."""

from speechsmith.asr.display.casing import Casing
from speechsmith.asr.display.dictation import Dictation
from speechsmith.asr.display.formatter import Formatter, Forms
from speechsmith.asr.display.profanity import Profanity
from speechsmith.asr.display.tokens import CustomFormatting, Token, Tokens

__all__ = ["Casing", "CustomFormatting", "Dictation", "Formatter", "Forms", "Profanity", "Token", "Tokens"]
