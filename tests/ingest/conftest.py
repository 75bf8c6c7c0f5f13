"""Uploads that the tests make themselves, and what reading one gives."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from speechsmith.asr.types import CorpusKind
from speechsmith.ingest.base import Ingested, IngestError, IngestLimits, IngestRequest
from speechsmith.ingest.registry import ingest
from uploads import zipped


class Open:
    """A box without walls: for what a reader decides, not for what a box is good for."""

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


@dataclass
class Outcome:
    """What an upload has become, the report included."""

    ingested: Ingested
    report: dict[str, Any]
    out: Path

    @property
    def counts(self) -> tuple[int, int]:
        return self.ingested.accepted, self.ingested.rejected

    @property
    def rejected(self) -> list[tuple[int | None, str]]:
        return [(entry.get("line"), entry["code"]) for entry in self.report["rejected"]["entries"]]

    @property
    def codes(self) -> dict[str, int]:
        return self.report["rejected"]["counts"]

    @property
    def notes(self) -> dict[str, int]:
        return self.report["notes"]["counts"]

    def lines(self, name: str) -> list[str]:
        return (self.out / name).read_text(encoding="utf-8").splitlines()


@pytest.fixture
def read(tmp_path):
    """Read bytes, or an archive of named bytes, as a kind of dataset."""

    def read(
        kind: CorpusKind | str, data: bytes | Mapping[str, bytes], locale: str = "en-US", box: Any = None, **limits: Any
    ) -> Outcome:
        upload, out = tmp_path / "upload", tmp_path / "out"
        upload.write_bytes(data if isinstance(data, bytes) else zipped(data))
        out.mkdir(exist_ok=True)
        request = IngestRequest(locale, limits=IngestLimits(**limits))
        fractions: list[float] = []
        result = ingest(
            CorpusKind(kind), upload, out, request, box or Open(), lambda stage, fraction: fractions.append(fraction)
        )
        assert fractions == sorted(fractions)
        assert all(0 <= fraction <= 1 for fraction in fractions)
        assert not list(out.rglob("*.part"))
        return Outcome(result, json.loads((out / "report.json").read_text(encoding="utf-8")), out)

    return read


@pytest.fixture
def refusal(read):
    """The code of the refusal of a whole upload."""

    def refusal(*args: Any, **kwargs: Any) -> str:
        with pytest.raises(IngestError) as caught:
            read(*args, **kwargs)
        assert str(caught.value).endswith((".", "…"))
        return caught.value.code

    return refusal
