"""The report of a dataset: every line and file that was left out, with its reason, in a size that is bounded."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from speechsmith.asr.types import CorpusKind
from speechsmith.ingest.base import Content, DataFile, Ingested, IngestError, IngestRequest, Issue, shown

VERSION = 1
REPORT_FILE = "report.json"
MOST_REASONS = 5  # in the sentence of a dataset of which nothing was accepted; the report has them all


class Report:
    """Counts everything, and keeps the first entries of each section for the user to read."""

    def __init__(self, kind: CorpusKind, request: IngestRequest) -> None:
        self._kind = kind
        self._request = request
        self._most = request.limits.report_entries
        self._rejected: list[Issue] = []
        self._rejected_counts: Counter[str] = Counter()
        self._notes: list[Issue] = []
        self._note_counts: Counter[str] = Counter()
        self._conversions: list[tuple[str, tuple[str, ...]]] = []
        self._converted = 0
        self.accepted = 0

    @property
    def rejected(self) -> int:
        """How many lines and files were left out."""
        return self._rejected_counts.total()

    def reject(self, issue: Issue) -> None:
        """Count a line or a file as left out."""
        self._rejected_counts[issue.code] += 1
        if len(self._rejected) < self._most:
            self._rejected.append(_bounded(issue))

    def note(self, issue: Issue) -> None:
        """Tell something for which nothing was left out."""
        self._note_counts[issue.code] += 1
        if len(self._notes) < self._most:
            self._notes.append(_bounded(issue))

    def converted(self, file: str, changes: tuple[str, ...]) -> None:
        """Tell what was done to an audio file so that it can be used."""
        self._converted += 1
        if len(self._conversions) < self._most:
            self._conversions.append((shown(file), changes))

    def finish(
        self,
        out: Path,
        files: Iterable[DataFile],
        duration: float | None,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> Ingested:
        """Write the report, with `more` members of this kind of data, beside the data.

        Raises: IngestError when nothing was accepted (code NothingAccepted).
        """
        path = out / REPORT_FILE
        content = self._content(duration) | dict(more)
        path.write_text(json.dumps(content, ensure_ascii=True, indent=1), encoding="utf-8")
        if not self.accepted:
            raise IngestError("NothingAccepted", self._nothing_accepted())
        report = DataFile(REPORT_FILE, Content.REPORT, path)
        return Ingested(self.accepted, self.rejected, duration, (*files, report))

    def _nothing_accepted(self) -> str:
        if not self.rejected:
            return "There is nothing in the upload that could be used. Upload a file with content."
        reasons = ", ".join(f"{count} {code}" for code, count in self._rejected_counts.most_common(MOST_REASONS))
        if len(self._rejected_counts) > MOST_REASONS:
            reasons += ", and others"
        first = min(self._rejected, key=_place)
        where = f"line {first.line}" if first.line else f"file {first.file}"
        return f"All {self.rejected} were rejected: {reasons}. The first, {where}: {first.message} {first.hint}"

    def _content(self, duration: float | None) -> dict[str, Any]:
        return {
            "version": VERSION,
            "kind": self._kind.value,
            "locale": self._request.locale,
            "textNormalizationKind": self._request.text_normalization,
            "acceptedLineCount": self.accepted,
            "rejectedLineCount": self.rejected,
            "durationSeconds": None if duration is None else round(duration, 3),
            "rejected": _section(self._rejected, self._rejected_counts),
            "notes": _section(self._notes, self._note_counts),
            "conversions": {
                "count": self._converted,
                "entries": [{"file": file, "changes": list(changes)} for file, changes in self._conversions],
                "leftOut": self._converted - len(self._conversions),
            },
        }


def _section(issues: list[Issue], counts: Counter[str]) -> dict[str, Any]:
    in_order = sorted(issues, key=_place)
    return {
        "counts": dict(counts.most_common()),
        "entries": [_entry(issue) for issue in in_order],
        "leftOut": counts.total() - len(issues),
    }


def _place(issue: Issue) -> tuple[bool, int]:
    """Lines in their order, then what has none."""
    return issue.line is None, issue.line or 0


def _entry(issue: Issue) -> dict[str, Any]:
    entry: dict[str, Any] = {"code": issue.code, "message": issue.message, "hint": issue.hint}
    where = {"file": issue.file, "line": issue.line, "text": issue.text}
    return entry | {name: value for name, value in where.items() if value is not None}


def _bounded(issue: Issue) -> Issue:
    """The issue without what makes it large: it is kept until the last line is read."""
    file, text = (None if value is None else shown(value) for value in (issue.file, issue.text))
    return replace(issue, message=shown(issue.message), file=file, text=text)
