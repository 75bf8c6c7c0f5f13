"""How sound begins, section 3 of the wire protocol: a header whose sizes mean nothing, or raw samples."""

from contextlib import suppress

import pytest
from frames import wav_header
from hypothesis import given
from hypothesis import strategies as st

from speechsmith.decoding.events import SoundFormat
from speechsmith.realtime.messages import ProtocolError
from speechsmith.realtime.sound import Intake


def intake(*pieces: bytes, content_type: str = "") -> tuple[SoundFormat | None, bytes]:
    taker = Intake()
    samples = b"".join([taker.samples(piece, content_type) for piece in pieces])
    return taker.sound, samples


@pytest.mark.parametrize(
    ("header", "sound"),
    [
        (wav_header(), SoundFormat(16_000)),
        (wav_header(8_000, bits=8), SoundFormat(8_000, 1, 8)),
        (wav_header(44_100, 2), SoundFormat(44_100, 2, 16)),
        (wav_header(48_000, 8, 24), SoundFormat(48_000, 8, 24)),
        (wav_header(bits=32), SoundFormat(16_000, 1, 32)),
        (wav_header(bits=32, tag=3), SoundFormat(16_000, 1, 32, is_float=True)),
        (wav_header(bits=24, tag=0xFFFE, subformat=1), SoundFormat(16_000, 1, 24)),
        (wav_header(bits=32, tag=0xFFFE, subformat=3), SoundFormat(16_000, 1, 32, is_float=True)),
        (wav_header().replace(b"fmt ", b"LIST\x03\0\0\0abc\0fmt "), SoundFormat(16_000)),
        (wav_header().replace(b"RIFF\0\0\0\0", b"RIFF\xff\xff\xff\xff"), SoundFormat(16_000)),
    ],
)
def test_the_header_tells_the_format(header, sound):
    assert intake(header + b"samples") == (sound, b"samples")


@pytest.mark.parametrize(
    ("content_type", "sound"),
    [
        ("", SoundFormat(16_000)),
        ("audio/x-wav", SoundFormat(16_000)),
        ("Audio/WAV; codecs=audio/pcm; SampleRate=8000", SoundFormat(8_000)),
        ('audio/wav;codecs="audio/pcm";samplerate="44100"', SoundFormat(44_100)),
    ],
)
def test_without_a_header_the_samples_are_raw(content_type, sound):
    assert intake(b"\1\2", b"\3\4", content_type=content_type) == (sound, b"\1\2\3\4")


def test_the_header_counts_for_more_than_the_content_type():
    assert intake(wav_header(8_000), content_type="audio/wav;samplerate=44100")[0] == SoundFormat(8_000)


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("audio/ogg; codecs=opus", "not as 'audio/ogg; codecs=opus'; decode it"),
        ("audio/wav; codecs=opus", "not as"),
        ("text/plain", "not as"),
        (";", "not as"),
        ("audio/wav;samplerate=fast", "a number"),
        ("audio/wav;samplerate=٣", "a number"),
        ("audio/wav;samplerate=9999999", "a number"),
        ("audio/wav;samplerate=100", "from 4,000"),
    ],
)
def test_what_is_not_wav_is_refused(content_type, reason):
    with pytest.raises(ProtocolError, match=reason):
        intake(b"\0\0", content_type=content_type)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (wav_header(tag=7, bits=8), "not format 7 with 8"),
        (wav_header(bits=12), "not format 1 with 12"),
        (wav_header(tag=3, bits=64), "not format 3 with 64"),
        (wav_header(tag=0xFFFE), "not format 65534"),
        (wav_header(1_000), "from 4,000 to 384,000 Hz, not 1,000"),
        (wav_header(channels=0), "1 to 8 channels, not 0"),
        (wav_header(channels=9), "1 to 8 channels, not 9"),
        (b"RIFF\0\0\0\0AVI ", "not that of a WAV"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "does not tell the format"),
        (b"RIFF\0\0\0\0WAVEjunk\0\xff\0\0" + bytes(5000), "within 4096 bytes"),
        (wav_header().replace(b"fmt ", b"junk\0\x10\0\0" + bytes(4096) + b"fmt "), "within 4096 bytes"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header, reason):
    with pytest.raises(ProtocolError, match=reason):
        intake(header)


def test_a_header_that_never_ends_gives_nothing():
    assert intake(b"RI") == (None, b"")
    assert intake(wav_header()[:43]) == (None, b"")


@given(st.lists(st.binary(), max_size=20), st.booleans())
def test_it_does_not_matter_how_the_bytes_arrive(pieces, has_header):
    first = wav_header() if has_header else b"\0"

    whole = intake(first + b"".join(pieces))

    assert intake(first, *pieces) == whole
    assert intake(*(bytes([byte]) for byte in first), *pieces) == whole
    assert whole[1] == (b"" if has_header else first) + b"".join(pieces)


@given(st.binary(), st.binary())
def test_no_header_raises_anything_else(front, back):
    for head in (front, b"RIFF" + front, wav_header()[:12] + front + b"data" + back):
        with suppress(ProtocolError):
            sound, samples = intake(head, back)
            assert sound is not None or not samples
