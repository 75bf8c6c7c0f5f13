"""What signed links say of themselves, so that a refusal of one can be explained.

A signature stands in the query of a link, beside what it permits and until when. Azure calls them `sig`, `sp` and `se`;
S3 and Google Cloud Storage give the time of signing (`X-Amz-Date`, `X-Goog-Date`) and the seconds from then on. Nothing
here shows a signature.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

Said: TypeAlias = Mapping[str, str]
_REFUSALS = frozenset({400, 401, 403})


def parameters(url: str) -> Said:
    """The query of a link by name; of names that are there twice, the first."""
    return dict(reversed(parse_qsl(urlsplit(url).query, keep_blank_values=True)))


def expiry(url: str) -> datetime | None:
    """Until when the signature of a link is good; None when it does not say."""
    said = {name.lower(): value for name, value in parameters(url).items()}
    try:
        if "se" in said and "sig" in said:
            moment = datetime.fromisoformat(said["se"])
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        for maker in ("amz", "goog"):
            if f"x-{maker}-date" in said:
                begun = datetime.strptime(said[f"x-{maker}-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                return begun + timedelta(seconds=int(said[f"x-{maker}-expires"]))
    except (KeyError, ValueError, OverflowError):
        pass
    return None


def advice(url: str, status: int, now: datetime | None = None) -> str:
    """What may be wrong with a link that was refused, as a sentence behind a blank; empty when it is not known."""
    if status not in _REFUSALS:
        return ""
    ends = expiry(url)
    if ends is not None and ends <= (now or datetime.now(UTC)):
        return f" The signature of the link ended at {ends:%Y-%m-%dT%H:%M:%SZ}; sign a new one that lasts longer."
    if ends is not None:
        return " The signature of the link has not ended; what it is for and what it permits may not be enough."
    return ""
