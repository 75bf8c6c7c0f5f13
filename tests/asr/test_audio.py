"""Any bytes to mono 16-bit PCM WAV: what is kept, what is changed and said, and what is refused."""

import pickle
import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from speechsmith.asr import audio
from speechsmith.asr.audio import AudioError, convert

rng = np.random.default_rng(7)


def tone(seconds: float, rate_hz: int, hz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def pcm(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as wav:
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2")


def loudest_hz(path: Path) -> float:
    samples = audio.read(path)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * audio.SAMPLE_RATE_HZ / len(samples))


def refusal(source: Path, **options: object) -> str:
    target = source.with_name("target.wav")
    with pytest.raises(AudioError) as caught:
        convert(source, target, **{"max_seconds": 60, **options})
    assert not target.exists()
    assert str(caught.value)
    return caught.value.code


def riff(data: bytes, *, rate_hz: int = 16_000, channels: int = 1, claimed: int | None = None) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    size = len(data) if claimed is None else claimed
    return (
        b"RIFF"
        + struct.pack("<I", min(36 + size, 2**32 - 1))
        + b"WAVEfmt \x10\0\0\0"
        + form
        + (b"data" + struct.pack("<I", size) + data)
    )


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_a_right_file_comes_out_sample_for_sample_with_a_header_of_44_bytes(tmp_path, rate_hz):
    samples = rng.integers(-32768, 32768, 3 * audio.BLOCK_SAMPLES + 5).astype(np.int16)
    soundfile.write(tmp_path / "in.wav", samples, rate_hz)

    done = convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=1000)

    np.testing.assert_array_equal(pcm(tmp_path / "out.wav"), samples)
    assert (tmp_path / "out.wav").stat().st_size == 44 + 2 * len(samples)
    assert done == audio.Conversion(len(samples) / rate_hz, "WAV PCM_16", rate_hz, 1, ())


def test_what_is_not_sound_in_a_wav_is_left_behind(tmp_path):
    data = rng.integers(-99, 99, 1600).astype("<i2").tobytes()
    (tmp_path / "in.wav").write_bytes(riff(data) + b"LIST" + struct.pack("<I", 8) + b"INFOsecr")

    convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=10)

    assert b"secr" not in (tmp_path / "out.wav").read_bytes()
    assert pcm(tmp_path / "out.wav").tobytes() == data


@pytest.mark.parametrize("rate_hz", [11_025, 22_050, 44_100, 48_000])
def test_other_rates_become_16_khz_and_keep_their_pitch(tmp_path, rate_hz):
    soundfile.write(tmp_path / "in.wav", tone(2, rate_hz), rate_hz)

    done = convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=10)

    assert (done.rate_hz, done.changes) == (16_000, (f"resampled from {rate_hz} Hz",))
    assert done.duration == pytest.approx(2, abs=0.001)
    assert loudest_hz(tmp_path / "out.wav") == pytest.approx(440, abs=1)


def test_a_given_rate_is_obeyed(tmp_path):
    soundfile.write(tmp_path / "in.wav", tone(1, 8_000), 8_000)

    assert convert(tmp_path / "in.wav", tmp_path / "out.wav", rate_hz=16_000, max_seconds=10).rate_hz == 16_000
    assert len(pcm(tmp_path / "out.wav")) == pytest.approx(16_000, abs=16)


def test_channels_are_averaged_or_one_is_taken(tmp_path):
    soundfile.write(tmp_path / "in.wav", np.array([[100, 300], [-200, 0]], np.int16), 16_000)

    mixed = convert(tmp_path / "in.wav", tmp_path / "mixed.wav", max_seconds=10)
    taken = convert(tmp_path / "in.wav", tmp_path / "taken.wav", channel=1, max_seconds=10)

    assert pcm(tmp_path / "mixed.wav").tolist() == [200, -100]
    assert pcm(tmp_path / "taken.wav").tolist() == [300, 0]
    assert mixed.changes == ("2 channels mixed to one",)
    assert taken.changes == ("channel 1 taken",)
    assert refusal(tmp_path / "in.wav", channel=2) == "ChannelMissing"


@pytest.mark.parametrize(
    ("format", "subtype"),
    [("WAV", "ALAW"), ("WAV", "ULAW"), ("WAV", "PCM_24"), ("WAV", "PCM_U8"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"),
     ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("AIFF", "PCM_16")],
)  # fmt: skip
def test_libsndfile_formats_are_decoded_and_said(tmp_path, format, subtype):
    soundfile.write(tmp_path / "in", tone(2, 16_000), 16_000, format=format, subtype=subtype)

    done = convert(tmp_path / "in", tmp_path / "out.wav", max_seconds=10)

    assert done.changes[0] == f"decoded from {done.format}"
    assert done.format.startswith(format)
    assert loudest_hz(tmp_path / "out.wav") == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "layout"),
    [("a.m4a", "aac", 44_100, "stereo"), ("a.aac", "aac", 16_000, "mono"), ("a.webm", "libopus", 48_000, "mono"),
     ("a.amr", "libopencore_amrnb", 8_000, "mono")],
)  # fmt: skip
def test_ffmpeg_formats_are_decoded(tmp_path, name, codec, rate_hz, layout):
    encode(tmp_path / name, codec, rate_hz, layout)

    done = convert(tmp_path / name, tmp_path / "out.wav", max_seconds=10)

    assert done.duration == pytest.approx(2, abs=0.15)
    assert done.rate_hz == (8_000 if rate_hz == 8_000 else 16_000)
    assert loudest_hz(tmp_path / "out.wav") == pytest.approx(440, abs=3)


def encode(path: Path, codec: str, rate_hz: int, layout: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg cannot write {codec}")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = layout
        channels = 2 if layout == "stereo" else 1
        frame = av.AudioFrame.from_ndarray(np.tile(tone(2, rate_hz), (channels, 1)), format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(stream.codec_context.format, layout, rate_hz, stream.codec_context.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


def test_more_than_eight_channels_from_ffmpeg_stay_inside_their_memory(tmp_path):
    packed = np.repeat(tone(1, 48_000), 12)[None]
    with av.open(str(tmp_path / "a.webm"), "w") as container:
        stream = container.add_stream("libopus", rate=48_000, options={"mapping_family": "255"})
        stream.layout = "12 channels"
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout="12 channels")
        frame.sample_rate = 48_000
        resampler = av.AudioResampler(stream.codec_context.format, "12 channels", 48_000, 960)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))

    done = convert(tmp_path / "a.webm", tmp_path / "out.wav", max_seconds=10)

    assert (done.channels, done.duration) == (12, pytest.approx(1, abs=0.02))
    assert loudest_hz(tmp_path / "out.wav") == pytest.approx(440, abs=3)


def test_a_codec_that_is_not_there_is_refused(tmp_path):
    encode(tmp_path / "a.webm", "libopus", 48_000, "mono")
    whole = (tmp_path / "a.webm").read_bytes()
    assert b"A_OPUS" in whole
    (tmp_path / "b.webm").write_bytes(whole.replace(b"A_OPUS", b"A_ZZZZ"))

    assert refusal(tmp_path / "b.webm") == "NotAudio"


def test_values_that_are_not_numbers_become_silence(tmp_path):
    samples = np.array([0.5, np.nan, np.inf, -np.inf, -0.5], np.float32)
    soundfile.write(tmp_path / "in.wav", samples, 16_000, subtype="FLOAT")

    done = convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=10)

    assert pcm(tmp_path / "out.wav").tolist() == [16384, 0, 32767, -32768, -16384]
    assert "1 samples that are not numbers set to zero" in done.changes


def test_300_channels_are_mixed(tmp_path):
    soundfile.write(tmp_path / "in.wav", np.full((1600, 300), 0.25, np.float32), 16_000)

    done = convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=10)

    assert done.channels == 300
    assert pcm(tmp_path / "out.wav").tolist() == [8192] * 1600


@pytest.mark.parametrize("rate_hz", [1, 1_000_000])
def test_a_rate_that_no_recording_has_is_refused(tmp_path, rate_hz):
    (tmp_path / "in.wav").write_bytes(riff(bytes(3200), rate_hz=rate_hz))

    assert refusal(tmp_path / "in.wav", max_seconds=1e9) == "RateOutOfRange"


def test_a_file_cut_short_is_taken_for_what_is_there_and_says_so(tmp_path):
    (tmp_path / "in.wav").write_bytes(riff(bytes(32_000), claimed=96_000))

    done = convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=10)

    assert done.duration == 1
    assert done.missing == pytest.approx(2)
    assert done.changes == ("cut short: 2.0 s promised by its header are not there",)


def test_a_recorder_that_was_killed_has_left_a_header_without_a_length_and_all_of_the_sound(tmp_path):
    samples = rng.integers(-9999, 9999, 16_000).astype("<i2")
    (tmp_path / "in.wav").write_bytes(riff(samples.tobytes(), claimed=0))

    done = convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=10)

    assert done.duration == 1.0
    np.testing.assert_array_equal(pcm(tmp_path / "out.wav"), samples)


def test_sound_behind_the_end_that_a_header_tells_is_left_out_and_named(tmp_path):
    samples = rng.integers(-9999, 9999, 32_000).astype("<i2")
    chunks = b"LIST" + struct.pack("<I", 8) + b"INFOsecr" + b"id3 " + struct.pack("<I", 2) + b"xy"
    (tmp_path / "short.wav").write_bytes(riff(samples.tobytes(), claimed=16_000))
    (tmp_path / "whole.wav").write_bytes(riff(samples.tobytes()) + chunks)

    short = convert(tmp_path / "short.wav", tmp_path / "out.wav", max_seconds=10)
    whole = convert(tmp_path / "whole.wav", tmp_path / "out.wav", max_seconds=10)

    assert (short.duration, short.changes) == (0.5, ("1.5 s behind the end that its header tells left out",))
    assert (whole.duration, whole.changes) == (2.0, ())


def test_a_cut_flac_is_noticed(tmp_path):
    soundfile.write(tmp_path / "in.flac", rng.uniform(-0.5, 0.5, 48_000), 16_000, format="FLAC")
    whole = (tmp_path / "in.flac").read_bytes()
    (tmp_path / "in.flac").write_bytes(whole[: len(whole) // 2])

    done = convert(tmp_path / "in.flac", tmp_path / "out.wav", max_seconds=10)

    assert done.missing + done.duration == pytest.approx(3)
    assert done.missing > 1


@pytest.mark.parametrize("claimed", [0xFFFF_FFFF, 0xFFFF_FF00, 0x7FFF_FFFF])
def test_a_header_that_claims_gigabytes_costs_only_what_is_there(tmp_path, claimed):
    (tmp_path / "in.wav").write_bytes(riff(bytes(32_000), claimed=claimed))

    done = convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=10)

    assert (done.duration, done.missing) == (1, 0)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("nothing", b"", "EmptyAudio"), ("no-samples", riff(b""), "EmptyAudio"), ("text", b"hi there\n" * 99, "NotAudio"),
     ("noise", rng.bytes(100_000), "NotAudio"), ("head-only", b"RIFF\0\0\0\0WAVE", "NotAudio"),
     ("play list", b"#EXTM3U\n#EXTINF:2,\nother.wav\n#EXT-X-ENDLIST\n", "NotAudio"),
     ("concat", b"ffconcat version 1.0\nfile other.wav\n", "NotAudio")],
)  # fmt: skip
def test_what_is_no_audio_is_refused(tmp_path, name, data, code):
    soundfile.write(tmp_path / "other.wav", tone(1, 16_000), 16_000)
    (tmp_path / name).write_bytes(data)

    assert refusal(tmp_path / name) == code


def test_longer_than_allowed_is_refused(tmp_path):
    soundfile.write(tmp_path / "in.wav", tone(2, 16_000), 16_000)

    assert refusal(tmp_path / "in.wav", max_seconds=1.9) == "AudioTooLong"
    assert convert(tmp_path / "in.wav", tmp_path / "out.wav", max_seconds=2).duration == 2


def test_probe_tells_without_decoding(tmp_path):
    soundfile.write(tmp_path / "in.flac", np.zeros((44_100, 2)), 44_100)

    assert audio.probe(tmp_path / "in.flac") == audio.AudioFormat("FLAC", 44_100, 2, 1.0)


def test_a_range_is_read_at_16_khz(tmp_path):
    samples = rng.integers(-9999, 9999, 32_000).astype(np.int16)
    soundfile.write(tmp_path / "in.wav", samples, 16_000)

    found = audio.read(tmp_path / "in.wav", 0.5, 1.25)

    assert found.dtype == np.float32
    np.testing.assert_array_equal(found * 32768, samples[8_000:20_000])
    assert len(audio.read(tmp_path / "in.wav", 1.5)) == 8_000
    assert len(audio.read(tmp_path / "in.wav", 5, 6)) == 0


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
@given(seconds=st.floats(0.01, 3))
def test_blocks_joined_are_the_whole(tmp_path_factory, rate_hz, seconds):
    path = tmp_path_factory.mktemp("blocks") / "in.wav"
    soundfile.write(path, tone(1.5, rate_hz), rate_hz)

    joined = np.concatenate(list(audio.blocks(path, seconds)))

    np.testing.assert_allclose(joined, audio.read(path), atol=1e-4)


def test_equal_sound_has_an_equal_digest_whatever_the_file_is(tmp_path):
    samples = rng.integers(-9999, 9999, 16_000).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 16_000)
    soundfile.write(tmp_path / "a.flac", samples, 16_000)
    soundfile.write(tmp_path / "b.wav", samples[::-1], 16_000)
    for name in ("a.wav", "a.flac", "b.wav"):
        convert(tmp_path / name, tmp_path / f"{name}.out", max_seconds=10)

    one, same, other = (audio.pcm_digest(tmp_path / f"{name}.out") for name in ("a.wav", "a.flac", "b.wav"))

    assert one == same != other


def test_a_refusal_crosses_a_process_border():
    error = pickle.loads(pickle.dumps(AudioError("NotAudio", "no sound")))

    assert (error.code, str(error)) == ("NotAudio", "no sound")
