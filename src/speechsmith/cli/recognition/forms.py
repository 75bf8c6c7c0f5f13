"""Which forms of the answer are asked for besides its JSON, and where each goes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from speechsmith.cli.recognition import answers
from speechsmith.cli.recognition.answers import Heard
from speechsmith.cli.recognition.sources import Source
from speechsmith.cli.values import Value, several

_SCOPES = ("all", "each")


class Forms:
    """The forms that are asked for. Raises: UsageError: one cannot be written as it is asked for."""

    def __init__(self, given: Mapping[str, Value], sources: Sequence[Source]) -> None:
        self._given = given
        self.is_one = not {"files", "foreach"} & given.keys()
        self.needs_times = bool({"out.vtt", "out.srt"} & given.keys())
        self._tables: list[tuple[Path, list[str], bool, str]] = []
        for scope in _SCOPES:
            type = str(given.get(f"{scope}.type", "tsv")).casefold()
            if type not in {"tsv", "json"}:
                raise click.UsageError(f"--output {scope} file type is tsv or json, not '{type}'.")
            items = [answers.item(words) for words in several(given, f"{scope}.items")]
            if items or f"{scope}.file" in given:
                target = Path(str(given.get(f"{scope}.file", "-")))
                self._tables.append((target, items or [*answers.PRESET], scope == "each", type))
        for form in answers.OF_ONE:
            if form_target := given.get(f"out.{form}"):
                targets = {_named(form_target, source) for source in sources}
                if len(targets) < len(sources):
                    raise click.UsageError(
                        f"--output {form} writes one file for each recording; name them so that each has its own: "
                        f"--output {form} file {{id}}.{'json' if form == 'batch' else form}"
                    )

    def of(self, heard: Sequence[Heard]) -> Iterator[tuple[Path, str]]:
        """Where each form goes, and what it holds."""
        if "out.tsv" in self._given:
            yield Path(str(self._given["out.tsv"])), answers.table(heard, answers.PRESET, each=False, type="tsv")
        for target, items, each, type in self._tables:
            yield target, answers.table(heard, items, each=each, type=type)
        for form in answers.OF_ONE:
            if f"out.{form}" in self._given:
                for one in heard:
                    if not one.error or one.phrases:
                        yield _named(self._given[f"out.{form}"], one.source), answers.OF_ONE[form](one)


def _named(target: Value, source: Source) -> Path:
    return Path(str(target).replace("{id}", source.id))
