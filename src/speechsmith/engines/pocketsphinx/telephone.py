"""The acoustic model that telephone speech is heard with.

A folder with the file MARK has learned from telephone speech, and is for that alone: full-band speech is narrowed for
it. Any other is for full-band speech, and its variant for the telephone is computed from it when it is needed.

Adaptation to telephone speech aligns with the variant, and then starts from the densities of full-band speech: the map
of the variant has no way back, and maps that are learned do better with what it took away. Errors on held-out words of
telephone prompts: 17 % from the variant, 15 % from full-band densities that align as well, 14 % as it is.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from speechsmith.asr.hmm import FilterBank, through_telephone
from speechsmith.engines.pocketsphinx.hmm_files import TELEPHONE as MARK
from speechsmith.engines.pocketsphinx.hmm_files import read_model, write_model

_BANK = {
    "nfilt": 40.0,
    "lowerf": 133.33334,
    "upperf": 6855.4976,
    "lifter": 0.0,
}  # the library's, where a folder is mute


def is_for_telephone(acoustic: Path) -> bool:
    """Whether a folder has learned from telephone speech, or is a variant for it."""
    return (acoustic / MARK).exists()


def write_variant(acoustic: Path, out: Path) -> None:
    """Write what telephone speech is heard with, for a folder that has learned from full-band speech.

    Raises: EngineError: the folder is damaged.
    """
    model = read_model(acoustic)
    write_model(through_telephone(model.mixtures, _bank(acoustic)), acoustic, out)
    (out / MARK).write_text("For speech that has nothing above 4 kHz.\n", "utf-8")


@contextmanager
def heard_with(acoustic: Path, *, is_narrow: bool) -> Iterator[Path]:
    """The folder to load for speech of a band; it is needed only as long as the library reads it."""
    if not is_narrow or is_for_telephone(acoustic):
        yield acoustic
        return
    with tempfile.TemporaryDirectory(prefix="speechsmith-", ignore_cleanup_errors=True) as folder:
        write_variant(acoustic, Path(folder))
        yield Path(folder)


def is_mostly_narrow(stretches: Iterable[tuple[float, bool]]) -> bool:
    """Whether more than half of the speech is narrow. Args: seconds of each stretch, and whether it is narrow."""
    seconds = {True: 0.0, False: 0.0}
    for duration, is_narrow in stretches:
        seconds[is_narrow] += duration
    return seconds[True] > seconds[False]


def _bank(acoustic: Path) -> FilterBank:
    """The filter bank that the parameters of a folder ask for."""
    written = re.findall(r"^-(\w+)\s+(\S+)", (acoustic / "feat.params").read_text("utf-8"), re.MULTILINE)
    values = _BANK | {name: float(value) for name, value in written if name in _BANK}
    return FilterBank(int(values["nfilt"]), values["lowerf"], values["upperf"], int(values["lifter"]))
