"""What the benchmarks count with: percentiles, tables, joined recordings, generated text, and a watched process."""

import subprocess
import sys
import wave
from pathlib import Path

import pytest
from benchmarks.adaptation import generated
from benchmarks.report import Run, Skipped, Table, percentile
from benchmarks.speech import joined, sets
from benchmarks.watch import Watch, tree


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (0.991, 100), (1.0, 100)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(share: float, expected: int) -> None:
    assert percentile(reversed(range(1, 101)), share) == expected


def test_a_table_is_markdown_with_numbers_to_the_right() -> None:
    table = Table("Speed", ("what", "wall"), [["hare", "1 s"]], ["Measured once."])

    assert table.markdown() == "### Speed\n\n| what | wall |\n| --- | ---: |\n| hare | 1 s |\n\n- Measured once.\n"


def test_recordings_are_joined_in_order_with_the_silence_that_is_listed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    a_set(data / "b_dev", {"test": {"x.wav": 1.0}})
    a_set(data / "a_dev", {"train": {"y.wav": 0.5, "z.wav": 0.25}, "test": {"w.wav": 1.0}})
    (data / "longform.tsv").write_text(
        "long_id\torder\tfile\tgap_after_s\na\t0\ta_dev/test/audio/w.wav\t2.0\n", encoding="utf-8"
    )

    recording = joined(Run(data), 6.0, tmp_path)

    assert [one.transcript for one in recording.utterances] == ["says y", "says z", "says w", "says x"]
    assert recording.duration == pytest.approx(0.5 + 0.4 + 0.25 + 0.8 + 1.0 + 2.0 + 1.0 + 0.4, abs=1e-3)
    with wave.open(str(recording.audio)) as file:
        assert file.getframerate() == 16_000


def test_audio_that_does_not_last_is_used_again(tmp_path: Path) -> None:
    a_set(tmp_path / "data" / "a_dev", {"test": {"x.wav": 1.0}})
    (tmp_path / "data" / "longform.tsv").write_text("long_id\torder\tfile\tgap_after_s\n", encoding="utf-8")

    recording = joined(Run(tmp_path / "data"), 4.0, tmp_path)

    assert len(recording.utterances) == 3


def test_sets_of_other_languages_are_left_out(tmp_path: Path) -> None:
    for name in ("azure_de-DE_dev", "azure_en-US_dev", "calls_dev"):
        a_set(tmp_path / name, {"test": {"x.wav": 0.1}})

    assert [set.name for set in sets(Run(tmp_path))] == ["azure_en-US_dev", "calls_dev"]


def test_a_figure_without_its_data_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="--data"):
        sets(Run(tmp_path))
    with pytest.raises(Skipped, match="--data"):
        Run(tmp_path).required("text/some.txt")


def test_generated_text_is_as_large_as_asked_for_and_always_the_same() -> None:
    lines = ["the knee hurts", "the knee is swollen", "does it hurt", "it does"]

    text = generated(lines, 20_000)

    longest = max(map(len, text.splitlines(keepends=True)))
    assert 20_000 <= len(text) < 20_000 + longest
    assert text == generated(lines, 20_000)
    assert {"knee", "hurts"} < set(text.split())
    assert 0 < len(set(text.split()) - set(" ".join(lines).split())) < 100


def test_a_watch_sees_the_memory_and_the_time_of_a_process() -> None:
    work = "import time; held = b'1' * 80_000_000; end = time.process_time() + 0.6\n"
    work += "while time.process_time() < end: pass\nprint(len(held), flush=True); input()"

    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        with Watch(lambda: tree(process.pid)) as watch:
            assert process.stdout is not None
            process.stdout.readline()
        process.communicate(b"\n")

    assert watch.peak_bytes > 80_000_000
    assert 0.5 < watch.cpu <= watch.wall + 0.1


def a_set(folder: Path, parts: dict[str, dict[str, float]]) -> None:
    """A set with silence of some seconds under each file name."""
    for part in ("train", "test"):
        audio = folder / part / "audio"
        audio.mkdir(parents=True)
        files = parts.get(part, {})
        for name, seconds in files.items():
            with wave.open(str(audio / name), "wb") as file:
                file.setparams((1, 2, 8_000, 0, "NONE", ""))
                file.writeframes(bytes(2 * round(seconds * 8_000)))
        lines = "".join(f"{name}\tsays {name.removesuffix('.wav')}\n" for name in files)
        (folder / part / "trans.txt").write_text(lines, encoding="utf-8")
