"""Speech recognized at once by a running service, as a user does it."""

import pytest

from .conftest import SAMPLE

pytestmark = pytest.mark.slow

TEST = SAMPLE / "test"


def test_a_recording_is_recognized_subtitled_and_measured(shell):
    done = shell(
        f"""
        said=$(grep ^test_09 {TEST}/trans.txt | cut -f2)
        spx recognize --file {TEST}/audio/test_09.wav --continuous --language en-US --transcript "$said" \\
            --output srt answer.srt --output tsv --output all wer
        cat answer.srt
        """
    )

    assert done.returncode == 0, done.stderr
    assert "1\n00:00:0" in done.stdout
    assert "id\tsession id\ttext\ntest_09\t" in done.stdout


def test_names_that_are_expected_are_heard_and_a_check_decides_the_exit_code(shell):
    lines = f"""
        head -3 {TEST}/trans.txt > list.tsv
        cp {TEST}/audio/test_0[123].wav .
        spx recognize --foreach "file;transcript" in @list.tsv --language en-US --threads 2 --output all text \\
            --phrases "Moltrino;Selbrano valve;Yarrobine" --check total wer lt """

    held, missed = shell(lines + "90"), shell(lines + "1")

    assert (held.returncode, missed.returncode) == (0, 6), held.stderr
    assert "moltrino" in held.stdout.lower()
    assert "is not lt 1" in missed.stderr
