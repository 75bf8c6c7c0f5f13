"""The figures of Studio: every page that shows something is measured, and a first visit is small."""

from pathlib import Path

import pytest
from benchmarks.report import Run

from benchmarks import studio


@pytest.mark.slow
def test_pages_are_measured_and_a_first_visit_is_small(tmp_path: Path) -> None:
    visit, pages = studio.measure(Run(tmp_path, repetitions=1, is_quick=True))

    assert float(visit.rows[-1][1].removesuffix(" KB")) < 120
    assert {"htmx.min.js", "tokens.css", "studio.css"} <= {row[0] for row in visit.rows}
    assert {"ListProjects", "ListDatasets", "ShowDataset", "ShowModel", "ListTests", "ShowEndpoint"} <= {
        row[0] for row in pages.rows
    }
