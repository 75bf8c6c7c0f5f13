"""What a word error rate may be: `--check wer` for each recording, `--check total wer` for all together."""

from collections.abc import Mapping, Sequence

import click

from speechsmith.asr.scoring import total
from speechsmith.cli.checks import COMPARISONS
from speechsmith.cli.exits import CheckFailed
from speechsmith.cli.recognition.answers import Heard
from speechsmith.cli.recognition.sources import Source
from speechsmith.cli.values import Value

_TOLD = 3  # of what is out of bounds


class Bounds:
    """The bounds that are given. Raises: UsageError: one cannot be understood, or what was said is not known."""

    def __init__(self, given: Mapping[str, Value], sources: Sequence[Source]) -> None:
        self._of_each, self._of_all = _bounds(given, "check"), _bounds(given, "check.total")
        if (self._of_each or self._of_all) and any(source.transcript is None for source in sources):
            raise click.UsageError(
                "--check wer needs what was said: --transcript TEXT, or a column transcript in --foreach."
            )

    def check(self, heard: Sequence[Heard]) -> None:
        """Raises: CheckFailed: a rate is out of bounds, or there is none."""
        rates = [(one.source.name, one.percent) for one in heard]
        counts = total(one.counts for one in heard if one.counts is not None)
        together = [("all together", None if counts.wer is None else 100 * counts.wer)]
        found = [
            f"{name}: {'no words in the transcript' if percent is None else f'{percent:.2f} % is not {word} {limit:g}'}"
            for bounds, measured in ((self._of_each, rates), (self._of_all, together))
            for word, limit in bounds
            for name, percent in measured
            if percent is None or not COMPARISONS[word](percent, limit)
        ]
        if found:
            more = f"; and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
            raise CheckFailed(f"The word error rate is not as it should be. {'; '.join(found[:_TOLD])}{more}.")


def _bounds(given: Mapping[str, Value], field: str) -> list[tuple[str, float]]:
    """Each as a word of COMPARISONS and a limit in percent. Raises: UsageError."""
    bounds = given.get(field, {})
    found = []
    for word, limit in bounds.items() if isinstance(bounds, dict) else ():
        if word not in COMPARISONS or isinstance(limit, bool) or not isinstance(limit, int | float):
            raise click.UsageError(
                f"--check wer takes one of {', '.join(COMPARISONS)} and a number of percent, not '{word} {limit}'."
            )
        found.append((word, float(limit)))
    return found
