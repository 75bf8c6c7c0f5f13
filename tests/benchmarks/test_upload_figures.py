"""The figures of uploads: both ways bring all blocks, and the slope of memory is that of its second half."""

from pathlib import Path

import pytest
from benchmarks.report import Run

from benchmarks import uploads


@pytest.mark.slow
def test_both_ways_bring_all_of_it(tmp_path: Path) -> None:
    (table,) = uploads.measure(Run(tmp_path, repetitions=1, is_quick=True))

    assert [row[:2] for row in table.rows] == [("Studio", "50 MB"), ("REST", "50 MB")]
    assert all(len(row) == len(table.header) for row in table.rows)


def test_a_slope_is_that_of_the_second_half() -> None:
    begins = [(0.0, 0), (1.0, 900), (2.0, 1000)]

    assert uploads.slope([*begins, (3.0, 1000), (4.0, 1000), (5.0, 1000)]) == pytest.approx(0.0, abs=1e-6)
    assert uploads.slope([*begins, (3.0, 1010), (4.0, 1020), (5.0, 1030)]) == pytest.approx(10.0)
    assert uploads.slope([(0.0, 5)]) == 0.0
