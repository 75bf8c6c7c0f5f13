"""Rules that show how something is written, matched against all the ways in which it is said."""

from speechsmith.asr.display.patterns.matching import Matcher
from speechsmith.asr.display.patterns.syntax import PatternError, Rule, parse

__all__ = ["Matcher", "PatternError", "Rule", "parse"]
