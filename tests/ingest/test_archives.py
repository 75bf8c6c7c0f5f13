"""Audio with and without transcripts: the rules for archives, names, audio and lines, and hostile archives."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile

from speechsmith.asr import audio
from speechsmith.ingest.base import Content, IngestError
from speechsmith.ingest.sounds import safe_names
from speechsmith.sandbox import Limits, Sandbox, SandboxDied
from uploads import noise, zipped


def encoded(format: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(16_000), 16_000, format=format)
    return buffer.getvalue()


def linked(name: str, mode: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo(name)
        link.external_attr = mode << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.wav", noise())
    return buffer.getvalue()


GOOD = {"a.wav": noise(0.5), "b.wav": noise(1.0), "trans.txt": b"a.wav\tHello, world.\nb.wav\tgood bye"}


def test_audio_and_transcript_become_converted_files_and_a_transcript_as_the_user_wrote_it(read):
    result = read("Acoustic", GOOD)

    assert result.counts == (2, 0)
    assert result.ingested.duration == 1.5
    assert result.lines("trans.txt") == ["a.wav\tHello, world.", "b.wav\tgood bye"]
    assert [(file.name, file.content, file.duration) for file in result.ingested.files] == [
        ("trans.txt", Content.TRANSCRIPTS, None),
        ("audio/a.wav", Content.AUDIO, 0.5),
        ("audio/b.wav", Content.AUDIO, 1.0),
        ("report.json", Content.REPORT, None),
    ]
    assert all(file.path.is_file() for file in result.ingested.files)
    assert (result.out / "audio" / "a.wav").read_bytes() == GOOD["a.wav"]


def test_the_report_says_what_the_dataset_is(read):
    report = read("Acoustic", GOOD).report

    assert {name: report[name] for name in report if not isinstance(report[name], dict)} == {
        "version": 1, "kind": "Acoustic", "locale": "en-US", "textNormalizationKind": "Default",
        "acceptedLineCount": 2, "rejectedLineCount": 0, "durationSeconds": 1.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("b.wav good bye", "NoTab"),
        ("\tgood bye", "EmptyName"),
        ("b.wav\t", "NoWords"),
        ("b.wav\t ?", "NoWords"),
        ("b.wav\tsee http://x.org", "UriInLine"),
        ("b.wav\tпривет", "ForeignCharacter"),
    ],
)
def test_a_bad_line_falls_alone_and_its_audio_is_not_counted_again(read, line, code):
    result = read("Acoustic", GOOD | {"trans.txt": f"a.wav\thello\n{line}\n".encode()})

    assert result.rejected[0] == (2, code)
    assert result.counts[0] == 1
    assert result.counts[1] == (2 if code in {"NoTab", "EmptyName"} else 1)  # a line without a name names no audio


def test_a_line_without_audio_and_audio_without_a_line_are_counted(read):
    result = read("Acoustic", GOOD | {"trans.txt": b"a.wav\thello\nc.wav\tgood bye\n"})

    assert result.counts == (1, 2)
    assert result.rejected == [(2, "AudioMissing"), (None, "AudioWithoutLine")]
    assert not (result.out / "audio" / "b.wav").exists()


@pytest.mark.parametrize("name", ["A.WAV", "./a.wav", ".\\a.wav", "folder/a.wav", " a.wav "])
def test_names_match_without_case_and_path_when_one_file_is_meant(read, name):
    assert read("Acoustic", GOOD | {"trans.txt": f"{name}\thello\nb.wav\tbye".encode()}).counts == (2, 0)


def test_names_match_in_any_unicode_form(read):
    result = read("Acoustic", {"caf\u00e9.wav": noise(), "trans.txt": "cafe\u0301.wav\thello\n".encode()})

    assert result.lines("trans.txt") == ["caf\u00e9.wav\thello"]


def test_a_name_that_could_mean_two_files_means_none(read):
    files = {"x/a.wav": noise(), "y/a.wav": noise(), "b.wav": noise(), "trans.txt": b"a.wav\thello\nb.wav\tbye\n"}

    assert read("Acoustic", files).rejected[0] == (1, "AudioMissing")


def test_equal_lines_for_one_file_stay_and_different_ones_fall_together(read):
    lines = b"a.wav\thello\na.wav\thello\nb.wav\tgood bye\nb.wav\tgood night\n"
    result = read("Acoustic", GOOD | {"trans.txt": lines})

    assert result.lines("trans.txt") == ["a.wav\thello", "a.wav\thello"]
    assert result.rejected == [(3, "ConflictingTranscripts"), (4, "ConflictingTranscripts")]
    assert result.ingested.duration == 0.5


def test_when_nothing_is_left_the_first_line_is_named_first_and_what_is_not_told_is_said(read):
    lines = b"a.wav\thello\nb.wav good bye\nc.wav\thi\nd.wav\tnoise\ne.wav\t\na.wav\tbye\n"
    files = {"a.wav": noise(), "b.wav": noise(), "d.wav": b"noise" * 99, "e.wav": noise(), "trans.txt": lines}

    with pytest.raises(
        IngestError, match=r"All 7 .*, and others. The first, line 1: .*different transcripts"
    ) as caught:
        read("Acoustic", files)

    assert caught.value.code == "NothingAccepted"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.wav": noise()}, "NoTranscript"),
        (GOOD | {"other.TSV": b"a.wav\thello"}, "SeveralTranscripts"),
        (GOOD | {"trans.txt": b""}, "EmptyFile"),
        (GOOD | {"trans.txt": "a.wav\tcafé".encode("latin-1")}, "NoUtf8WithBom"),
        (GOOD | {"trans.txt": "a.wav\thello".encode("utf-16")}, "NoUtf8WithBom"),
        (GOOD | {"trans.txt": noise()}, "NotText"),
        (GOOD | {"trans.txt": b"x.wav\thello"}, "NothingAccepted"),
        (b"a.wav\thello\n", "NotAZip"),
        (noise(), "NotAZip"),
        (b"", "EmptyFile"),
        (b"PK\x03\x04 and then nothing", "ArchiveUnreadable"),
        (zipped(GOOD)[:-30], "ArchiveUnreadable"),
        ({}, "NoTranscript"),
    ],
)
def test_an_archive_of_which_nothing_can_be_made_is_refused(refusal, files, code):
    assert refusal("Acoustic", files) == code


def test_one_folder_around_everything_and_what_systems_leave_behind_are_taken_off_and_told(read):
    files = {f"my data/{name}": data for name, data in GOOD.items()}
    result = read("Acoustic", files | {"__MACOSX/my data/._a.wav": b"x", "my data/.DS_Store": b"x"})

    assert result.counts == (2, 0)
    assert result.notes == {"FilesIgnored": 1, "FolderRemoved": 1}
    assert "2 files" in result.report["notes"]["entries"][0]["message"]


@pytest.mark.parametrize(
    ("data", "change"),
    [
        (noise(rate_hz=44_100), "resampled from 44100 Hz"),
        (noise(channels=2), "2 channels mixed to one"),
        (encoded("FLAC"), "decoded from FLAC"),
        (encoded("MP3"), "decoded from MP3"),
    ],
)
def test_audio_of_another_form_is_converted_and_told(read, data, change):
    result = read("Acoustic", GOOD | {"b.wav": data})

    assert result.counts == (2, 0)
    assert result.report["conversions"] == {
        "count": 1, "entries": [{"file": "b.wav", "changes": [change]}], "leftOut": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EmptyAudio"),
        (noise(0), "EmptyAudio"),
        (b"no audio at all", "NotAudio"),
        (b"RIFF\x04\0\0\0WAVE", "NotAudio"),
        (noise(rate_hz=1, seconds=500), "RateOutOfRange"),
        (noise(rate_hz=1_000_000), "RateOutOfRange"),
        (noise(1, claimed_bytes=64_000), "AudioTruncated"),
        (zipped({"b.wav": noise()}), "NestedArchive"),
        (noise(3), "AudioTooLong"),
    ],
)
@pytest.mark.parametrize("kind", ["Acoustic", "AudioFiles"])
def test_one_bad_file_is_that_files_issue_and_the_rest_goes_on(read, kind, data, code):
    files = GOOD | {"b.wav": data}
    if kind == "AudioFiles":
        del files["trans.txt"]
    result = read(kind, files, audio_seconds=2.0)

    if kind == "AudioFiles" and code == "AudioTruncated":  # nothing is said about the missing part
        assert result.counts == (2, 0)
        assert result.notes == {"AudioCutShort": 1}
    else:
        assert result.counts == (1, 1)
        assert result.codes == {code: 1}
    assert (result.out / "audio" / "a.wav").exists()


def test_a_header_that_claims_4_gb_and_300_channels_cost_only_what_is_there(read):
    result = read("AudioFiles", {"a.wav": noise(1, claimed_bytes=2**32 - 1), "b.wav": noise(0.1, channels=300)})

    assert result.counts == (2, 0)
    assert result.ingested.duration == pytest.approx(1.1)


def test_audio_over_the_training_limit_is_flagged_and_kept(read):
    result = read("Acoustic", GOOD, training_seconds=0.9)

    assert result.counts == (2, 0)
    assert result.notes == {"CutForTraining": 1}
    assert result.report["notes"]["entries"][0]["file"] == "b.wav"


def test_a_transcript_with_a_remark_of_its_annotator_is_kept_and_noted(read):
    result = read("Acoustic", {"a.wav": noise(), "trans.txt": b"a.wav\thello [laughs] there\n"})

    assert result.counts == (1, 0)
    assert [(note["file"], note["line"]) for note in result.report["notes"]["entries"]] == [("a.wav", 1)]
    assert result.notes == {"RemarkInLine": 1}


@pytest.mark.parametrize(
    "name", ["../b.wav", "x/../../b.wav", "/etc/b.wav", "C:\\b.wav", "..\\b.wav", "con.wav", "x/NUL"]
)
def test_names_that_lead_out_or_are_devices_are_refused_and_nothing_is_written_there(read, tmp_path, name):
    result = read("AudioFiles", {"a.wav": noise(), name: noise()})

    assert result.codes == {"UnsafeName": 1}
    assert sorted(path.name for path in result.out.rglob("*.wav")) == ["a.wav"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "upload"]


def test_a_folder_around_everything_does_not_hide_an_unsafe_name(refusal):
    assert refusal("AudioFiles", {"../a.wav": noise()}) == "NothingAccepted"


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666, stat.S_IFIFO | 0o666])
def test_links_and_devices_are_refused(read, mode):
    assert read("AudioFiles", linked("b.wav", mode)).codes == {"NotAFile": 1}


def test_a_line_says_why_its_file_was_refused(read):
    files = GOOD | {"../c.wav": noise(), "trans.txt": b"a.wav\thello\n../c.wav\tbye\nb.wav\tyes\n"}

    assert read("Acoustic", files).rejected == [(2, "UnsafeName")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_both_refused(read):
    buffer = io.BytesIO(zipped({"a.wav": noise()}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("b.wav", noise())
        archive.writestr("b.wav", noise(1))
        archive.writestr("B.WAV", noise(2))

    assert read("AudioFiles", buffer.getvalue()).codes == {"DuplicateName": 3}


def patched(data: bytes, *, add: int = 0, drop: int = 0, method: int | None = None) -> bytes:
    """An archive with other flag bits or another method in both headers of each file."""
    changed = bytearray(data)
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(magic, at + 1)) >= 0:
            (old,) = struct.unpack_from("<H", data, at + flags)
            struct.pack_into("<H", changed, at + flags, (old | add) & ~drop)
            if method is not None:
                struct.pack_into("<H", changed, at + flags + 2, method)
    return bytes(changed)


def test_encrypted_files_are_refused(read, refusal):
    with pytest.raises(IngestError, match="1 EncryptedFile"):
        read("AudioFiles", patched(zipped({"a.wav": noise()}), add=1))
    assert refusal("Acoustic", patched(zipped(GOOD), add=1)) == "TranscriptUnreadable"


def test_names_in_utf8_are_read_as_such_when_the_archive_does_not_say_so(read):
    files = {"über.wav": noise(), "trans.txt": "über.wav\thello\n".encode()}

    assert read("Acoustic", patched(zipped(files), drop=0x800)).lines("trans.txt") == ["über.wav\thello"]


def test_the_report_is_in_the_order_of_the_lines_whatever_was_found_first(read):
    files = GOOD | {"b.wav": b"", "trans.txt": b"b.wav\tgood bye\nno tab\na.wav\thello\n"}

    assert read("Acoustic", files).rejected == [(1, "EmptyAudio"), (2, "NoTab")]


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, 99])
def test_other_methods_than_deflate_are_refused_and_named(read, method):
    with pytest.raises(IngestError, match="UnsupportedCompression"):
        read("AudioFiles", patched(zipped({"a.wav": noise()}), method=method))


def test_a_wrong_checksum_is_that_files_issue(read):
    data = zipped({"a.wav": noise(0.5), "b.wav": noise(1)}, zipfile.ZIP_STORED)
    at = data.index(noise(1)) + 1000

    assert read("AudioFiles", data[:at] + b"\xff\xfe\xff\xfe" + data[at + 4 :]).codes == {"DamagedFile": 1}


def test_an_offset_that_points_before_the_archive_is_that_files_issue(read):
    data = bytearray(zipped({"a.wav": noise(), "b.wav": noise()}))
    directory = data.rindex(b"PK\x05\x06") + 16
    (at,) = struct.unpack_from("<I", data, directory)
    struct.pack_into("<I", data, directory, at + 500)  # zipfile takes the difference off each offset

    with pytest.raises(IngestError, match="2 DamagedFile"):
        read("AudioFiles", bytes(data))


def test_a_damaged_transcript_fails_the_archive(refusal):
    data = zipped(GOOD, zipfile.ZIP_STORED).replace(b"good bye", b"good bya", 1)

    assert refusal("Acoustic", data) == "TranscriptUnreadable"


def test_too_many_files_and_too_many_bytes_are_refused(refusal):
    many = zipped({f"{number}.wav": b"x" for number in range(11)})

    assert refusal("AudioFiles", many, archive_files=10) == "ArchiveTooManyFiles"
    assert refusal("AudioFiles", many, upload_bytes=100) == "ArchiveTooLarge"
    assert refusal("AudioFiles", many, unpacked_bytes=10) == "ArchiveTooLarge"
    assert refusal("Acoustic", GOOD, transcript_bytes=10) == "FileTooLarge"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(refusal):
    bomb = zipped({"a.wav": bytes(50_000_000)})

    assert len(bomb) < 100_000
    assert refusal("AudioFiles", bomb, unpacked_free_bytes=1_000_000) == "ArchiveBomb"


def test_a_file_that_unpacks_to_more_than_it_claims_is_cut_off(read, tmp_path):
    data = bytearray(zipped({"a.wav": noise(), "b.wav": bytes(50_000_000)}))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 1000)  # the size that the directory claims

    result = read("AudioFiles", bytes(data))

    assert result.codes == {"DamagedFile": 1}


def test_audio_without_transcripts_is_each_file_converted(read):
    result = read("AudioFiles", {"a.wav": noise(0.5), "b.wav": noise(1, rate_hz=8_000)})

    assert result.counts == (2, 0)
    assert result.ingested.duration == 1.5
    assert [file.name for file in result.ingested.files] == ["audio/a.wav", "audio/b.wav", "report.json"]
    assert len(audio.read(result.out / "audio" / "b.wav")) == 16_000


def test_a_transcript_among_audio_files_is_told(read):
    assert read("AudioFiles", GOOD).codes == {"UnexpectedTranscript": 1}


def test_folders_are_in_a_name_only_where_it_would_not_be_one_of_its_own_without():
    assert safe_names(["audio/demo.wav", "audio/Other.mp3", "trans/x.wav"]) == ["demo.wav", "Other.wav", "x.wav"]
    assert safe_names(["a/1.wav", "b/1.mp3", "b/2.wav"]) == ["a_1.wav", "b_1.wav", "2.wav"]
    assert safe_names(["a/1.wav", "B/1.wav", "a_1.wav"]) == ["a_1.wav", "B_1.wav", "a_1-3.wav"]


def test_each_file_gets_a_name_of_its_own_that_any_disk_takes():
    names = safe_names(["a.wav", "A.WAV", "x/a.wav", "über 1.wav", "." * 9, "q" * 300, "日本.wav", "a-2.wav"])

    assert names[:5] == ["a.wav", "A-2.wav", "x_a.wav", "über_1.wav", "audio.wav"]
    assert len(names[5]) < 130
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.slow
def test_in_a_box_a_whole_archive_is_read_and_a_file_that_kills_it_is_lost_alone(read, monkeypatch):
    big = GOOD | {"b.wav": noise(60), "c.wav": noise(1), "trans.txt": b"a.wav\thello\nb.wav\tbye\nc.wav\tyes\n"}

    with Sandbox(Limits()) as box:
        assert read("Acoustic", big, box=box).counts == (3, 0)
    with Sandbox(Limits(file_bytes=1_000_000)) as box:
        result = read("Acoustic", big, box=box)

    assert result.counts == (2, 1)
    assert result.rejected == [(2, "AudioUnreadable")]
    assert "larger file" in result.report["rejected"]["entries"][0]["message"]


class Dying:
    """A box that dies of a reason, after some calls."""

    def __init__(self, reason: str, after: int = 0) -> None:
        self._reason = reason
        self._left = after

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise SandboxDied(self._reason)
        return function(*args, **kwargs)


def test_an_archive_that_kills_the_box_is_refused(refusal):
    assert refusal("AudioFiles", GOOD, box=Dying("memory")) == "ArchiveUnreadable"


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_box_that_closes_is_nobodys_fault(read, after):
    with pytest.raises(SandboxDied):
        read("Acoustic", GOOD, box=Dying("closed", after))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["libri_other_dev", "asterisk_ivr_dev", "azure_de-DE_dev", "azure_ja-JP_dev"])
def test_real_datasets_are_accepted_whole(read, real_speech, name):
    folder = real_speech / name / "test"
    files = {path.name: path.read_bytes() for path in (folder / "audio").glob("*.wav")}
    files["trans.txt"] = (folder / "trans.txt").read_bytes()
    locale = name[6:11] if name.startswith("azure") else "en-US"

    with Sandbox(Limits()) as box:
        result = read("Acoustic", files, locale, box=box)

    assert result.counts == (len(files) - 1, 0)
