"""Language models of one corpus, made as they are asked for: with a weight, and with or without some sentences."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from speechsmith.asr.ngram import NGram
from speechsmith.engines.pocketsphinx.domain_lm import Choice, choose_weight, finished, mixed
from speechsmith.engines.pocketsphinx.domain_text import DomainText


@dataclass(frozen=True, slots=True)
class Languages:
    """The base language model's file, the corpus' text, and the words that the user gave pronunciations for."""

    base: Path
    text: DomainText
    own_words: frozenset[str]

    def choice(
        self, base: NGram, asked: float | None, *, general: Sequence[str], progress: Callable[[float], None]
    ) -> Choice | None:
        """The weight that held-out and general sentences choose, or what was asked for; None without text."""
        return (
            choose_weight(self.text, base, asked, general=general, progress=progress) if self.text.words_used else None
        )

    def in_pieces(self, pieces: Mapping[int, Sequence[tuple[int, Sequence[str]]]]) -> "Languages":
        """The same, but of the text in which some sentences are several, by their draws."""
        return replace(self, text=self.text.in_pieces(pieces)) if pieces else self

    def mixture(self, weight: float, base: NGram, *, without: Collection[int] = ()) -> NGram:
        """The domain's model and the base model as one; the base model itself where there is nothing to mix.

        Args: weight: of the domain's model. without: draws of the sentences that it must not know.
        """
        text = self.text.part(~np.isin(self.text.draw, list(without))) if without else self.text
        return mixed(text, base, weight) if weight and text.words_used else base

    def finished(self, mixture: NGram, weight: float) -> NGram:
        """A mixture as it is decoded with: pruned, and with the user's own words."""
        return finished(mixture, weight or None, self.own_words)

    def model(self, weight: float, base: NGram, *, without: Collection[int] = ()) -> NGram:
        """The language model of a weight, ready to decode with."""
        return self.finished(self.mixture(weight, base, without=without), weight)
