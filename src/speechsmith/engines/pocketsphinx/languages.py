"""Language models of one corpus, made as they are asked for: with a weight, and with or without some sentences."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speechsmith.asr.ngram import NGram
from speechsmith.engines.pocketsphinx.domain_lm import Choice, choose_weight, finished, mixed
from speechsmith.engines.pocketsphinx.domain_text import DomainText
from speechsmith.engines.pocketsphinx.lm_file import read_lm


@dataclass(frozen=True, slots=True)
class Languages:
    """The base language model's file, the corpus' text, and the words that the user gave pronunciations for."""

    base: Path
    text: DomainText
    own_words: frozenset[str]

    def choice(self, base: NGram, asked: float | None, progress: Callable[[float], None]) -> Choice | None:
        """The weight that held-out sentences choose, or what was asked for; None without text."""
        return choose_weight(self.text, base, asked, progress) if self.text.words_used else None

    def model(self, weight: float, base: NGram | None = None, *, without: Collection[int] = ()) -> NGram:
        """The language model of a custom model.

        Args: weight: of the domain's model; 0 leaves the text out, and only the user's own words are added.
            base: the base model, if it is at hand. without: draws of the sentences that it must not know.
        """
        text = self.text.part(~np.isin(self.text.draw, list(without))) if without else self.text
        model = base or read_lm(self.base)
        is_mixed = bool(weight and text.words_used)
        if is_mixed:
            model = mixed(text, model, weight)  # the base model is let go here: what follows needs its memory
        return finished(model, weight if is_mixed else None, self.own_words)
