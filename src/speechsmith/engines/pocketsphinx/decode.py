"""Recognizing many utterances with one set of files, as guards and pseudo-transcripts need it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speechsmith.asr import audio
from speechsmith.asr.types import Hypothesis
from speechsmith.engines.pocketsphinx.bands import BandRecognizer
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.parallel import each
from speechsmith.engines.pocketsphinx.recognizer import DecoderProfile

_AT_ONCE = 2  # utterances handed to a process

_LOADED: dict[tuple[DecoderFiles, DecoderProfile], BandRecognizer] = {}  # of this process: one at most


@dataclass(frozen=True, slots=True)
class _Share:
    files: DecoderFiles
    profile: DecoderProfile
    wavs: tuple[Path, ...]


def recognized(
    files: DecoderFiles,
    profile: DecoderProfile,
    wavs: Sequence[Path],
    *,
    workers: int,
    progress: Callable[[float], None],
) -> list[Hypothesis]:
    """The best hypothesis of each canonical file, in order. Raises: EngineError."""
    shares = [_Share(files, profile, tuple(wavs[at : at + _AT_ONCE])) for at in range(0, len(wavs), _AT_ONCE)]
    try:
        return [found for share in each(_recognize, shares, workers=workers, progress=progress) for found in share]
    finally:
        _LOADED.clear()


def _recognize(share: _Share) -> list[Hypothesis]:
    key = (share.files, share.profile)
    if key not in _LOADED:
        _LOADED.clear()
        _LOADED[key] = BandRecognizer(share.files, share.profile)
    return [_LOADED[key].recognize(audio.read(wav))[0] for wav in share.wavs]
