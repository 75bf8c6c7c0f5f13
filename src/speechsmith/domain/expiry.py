"""When models end: by the operator's policy, or on the day that the operator has set for a base model.

    never   nothing ends by itself
    azure   at the ends of quarters: training on a base model one year after the quarter of its release, recognition
            with it after two; recognition with a custom model two years after the quarter in which it was made
    a date  everything ends on that day, UTC

A day that was set for a base model counts under each policy.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from speechsmith.domain.models import BaseModel, Model
from speechsmith.domain.values import NEVER

QUARTER_ENDS = ((1, 15), (4, 15), (7, 15), (10, 15))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when a model can be trained from, and used."""

    adaptation: datetime
    transcription: datetime


@dataclass(frozen=True, slots=True)
class ExpiryPolicy:
    """`ends_at` of the policy that is a date; else None, and `by_quarters` tells which of the two it is."""

    by_quarters: bool = False
    ends_at: datetime | None = None

    def deadlines(self, model: Model) -> Deadlines:
        """The deadlines of a model."""
        if self.ends_at is not None:
            ruled = Deadlines(self.ends_at, self.ends_at)
        elif self.by_quarters:
            ruled = Deadlines(years_after_quarter(model.created_at, 1), years_after_quarter(model.created_at, 2))
        else:
            ruled = Deadlines(NEVER, NEVER)
        if not isinstance(model, BaseModel):
            return ruled
        return Deadlines(
            ruled.adaptation if model.adaptation_until == NEVER else model.adaptation_until,
            ruled.transcription if model.transcription_until == NEVER else model.transcription_until,
        )


def parse(text: str) -> ExpiryPolicy:
    """The policy that a setting names. Raises: ValueError with a sentence."""
    if text in ("never", "azure"):
        return ExpiryPolicy(by_quarters=text == "azure")
    try:
        return ExpiryPolicy(ends_at=datetime.combine(date.fromisoformat(text), time(), UTC))
    except ValueError:
        raise ValueError(
            f"'{text[:40]}' is no policy; there are never, azure, and a date such as 2027-12-31."
        ) from None


def years_after_quarter(moment: datetime, years: int) -> datetime:
    """So many years after the end of the quarter that a moment is in; an end belongs to the quarter that it ends."""
    ends = (
        datetime(year, month, day, tzinfo=UTC) for year in (moment.year, moment.year + 1) for month, day in QUARTER_ENDS
    )
    end = next(end for end in ends if end >= moment)
    return end.replace(year=end.year + years)
