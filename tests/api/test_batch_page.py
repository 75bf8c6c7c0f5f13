"""The page about batch transcription tells what the code has: wishes, codes, limits."""

from pathlib import Path

from speechsmith.asr import subtitles
from speechsmith.domain.transcriptions import (
    ADAPT_TO_SPEAKERS,
    MAX_CONTENT_URLS,
    MOST_CANDIDATES,
    SUBTITLES,
    SubtitleFormat,
    TranscriptionOptions,
    describe_options,
)
from speechsmith.net.containers import MOST_BLOBS
from speechsmith.tasks.listening import OPENING

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "batch-transcription.md").read_text(encoding="utf-8")


def test_every_wish_is_told():
    wishes = [*describe_options(TranscriptionOptions()), "timeToLive", "destinationContainerUrl", "diarization"]

    assert [name for name in [*wishes, "languageIdentification"] if f"`{name}`" not in PAGE] == []
    assert [name for name in (SUBTITLES, ADAPT_TO_SPEAKERS, *SubtitleFormat) if f'"{name}"' not in PAGE] == []


def test_limits_are_told():
    assert f"1 to {MAX_CONTENT_URLS:,} links" in PAGE
    assert f"at most {MOST_BLOBS:,} blobs" in PAGE
    assert f"in continuous mode at most {MOST_CANDIDATES}, `locale` among them" in PAGE
    assert f"first {OPENING:g} seconds of speech of each channel" in " ".join(PAGE.split())
    assert f"{subtitles.LINE} characters and {subtitles.LONGEST:g} seconds" in " ".join(PAGE.split())


def test_every_reason_of_a_recording_is_told():
    codes = "InvalidUri PrivateAddress TooLarge Unreachable HttpStatus NotAudio EmptyAudio AudioTooLong RateOutOfRange"

    more = "ArchiveNotOpened InvalidData InvalidChannels InvalidContainer EmptyRequest InaccessibleCustomerStorage"
    assert [code for code in f"{codes} {more}".split() if f"`{code}`" not in PAGE] == []
