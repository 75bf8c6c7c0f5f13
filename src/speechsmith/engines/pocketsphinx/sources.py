"""The decoder's files of any setting, made when they are first asked for, with or without a part of the speech."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from speechsmith.asr.ngram import NGram
from speechsmith.engines.pocketsphinx.acoustic import Acoustics
from speechsmith.engines.pocketsphinx.files import DecoderFiles, prevails
from speechsmith.engines.pocketsphinx.guards import Setting
from speechsmith.engines.pocketsphinx.languages import Languages
from speechsmith.engines.pocketsphinx.lm_file import read_lm, write_lm
from speechsmith.engines.pocketsphinx.recognizer import DecoderProfile, profile_for
from speechsmith.engines.pocketsphinx.trials import QUARTERS, Heard, Split


@dataclass(frozen=True, slots=True)
class Sources:
    """What files are made of. `lexicon` is the custom one; `plain` is without the user's pronunciations of words that
    the base lexicon has, None where there are none. What is made lies in `folder`.

    Speech that is in no fold, from UNTESTED on, is never tested on, and heard by all that have heard anything.
    """

    base: DecoderFiles
    lexicon: Path
    languages: Languages
    acoustics: Acoustics
    split: Split
    folder: Path
    plain: Path | None = None
    _made: dict[tuple[Any, ...], Path] = field(default_factory=dict)
    _read: list[NGram] = field(default_factory=list)  # the base language model, once it was needed

    @property
    def has_own(self) -> bool:
        """Whether there are pronunciations of the user's for words that the base lexicon has."""
        return self.plain is not None

    def files(self, setting: Setting, fold: int, quarters: int = QUARTERS) -> tuple[DecoderFiles, DecoderProfile]:
        """What a setting decodes with when it has not heard a fold, and of the others only some quarters."""
        if setting == Setting():
            return self.base, profile_for(self.base)
        acoustic = self._acoustic(setting.strength, fold, quarters) if setting.strength else self.base.acoustic
        language = self._language(setting.weight, fold)
        lexicon = self.lexicon if self.plain is None or setting.pronunciations else self.plain
        files = DecoderFiles(
            acoustic, language, lexicon, text_prevails=prevails(setting.weight), is_adapted=bool(setting.strength)
        )
        return files, replace(profile_for(files), language_scale=setting.language_scale)

    def seconds(self, fold: int, quarters: int) -> float:
        """How much speech such files have learned from."""
        return self.acoustics.seconds(self._groups(fold, quarters))

    def _groups(self, fold: int, quarters: int) -> Sequence[int]:
        others = (group for group in self.acoustics.seconds_of if group // QUARTERS != fold)
        return [group for group in others if group % QUARTERS < quarters]

    def _acoustic(self, strength: str, fold: int, quarters: int) -> Path:
        key = ("acoustic", strength, fold, quarters)
        if key not in self._made:
            target = self.folder / "-".join(map(str, key))
            self.acoustics.write(strength, target, groups=self._groups(fold, quarters))
            self._made[key] = target
        return self._made[key]

    def _language(self, weight: float, fold: int) -> Path:
        key = ("language", weight, fold if weight else "any")  # without the domain's text no fold differs
        if key not in self._made:
            self._made[key] = self.folder / f"{'-'.join(map(str, key))}.lm.bin"
            model = self.languages.model(weight, self._base_language(), without=self.split.draws_of(fold))
            write_lm(model, self._made[key])
        return self._made[key]

    def _base_language(self) -> NGram:
        if not self._read:
            self._read.append(read_lm(self.languages.base))
        return self._read[0]


UNTESTED = 1_000_000 * QUARTERS
"""The first of the four groups of speech that is in no fold, one for each quarter."""


def group_of(split: Split, heard: Heard) -> int:
    """The group that the statistics of an utterance are summed in: a quarter of its fold."""
    return split.fold_of(heard) * QUARTERS + split.quarter_of(heard)
