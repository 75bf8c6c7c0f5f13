"""Small values that every entity is made of, with the rules about them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from speechsmith.domain.errors import Invalid

NEVER = datetime(9999, 12, 31, tzinfo=UTC)

DISPLAY_NAME_CHARS = 1_000
DESCRIPTION_CHARS = 10_000
MAX_TIME_TO_LIVE = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an entity failed: a stable code, and a sentence that says what, where and what to do."""

    code: str
    message: str


def check_display_name(name: str) -> str:
    """The name as it is stored. Raises: Invalid."""
    if not name.strip():
        raise Invalid("InvalidParameterValue", "displayName must not be empty; give a name.", target="displayName")
    if len(name) > DISPLAY_NAME_CHARS:
        raise Invalid(
            "InvalidParameterValue",
            f"displayName has {len(name)} characters; at most {DISPLAY_NAME_CHARS} are stored.",
            target="displayName",
        )
    return name


def check_description(description: str) -> str:
    """Raises: Invalid."""
    if len(description) > DESCRIPTION_CHARS:
        raise Invalid(
            "InvalidParameterValue",
            f"description has {len(description)} characters; at most {DESCRIPTION_CHARS} are stored.",
            target="description",
        )
    return description


def check_custom_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """At most 10 entries, keys up to 64 and values up to 256 characters. Raises: Invalid."""
    if len(properties) > 10:
        raise Invalid(
            "InvalidParameterValue",
            f"customProperties has {len(properties)} entries; at most 10 are allowed.",
            target="customProperties",
        )
    for key, value in properties.items():
        if not 0 < len(key) <= 64 or len(value) > 256:
            raise Invalid(
                "InvalidParameterValue",
                f"customProperties '{key[:64]}': a key has 1 to 64 characters, a value at most 256.",
                target="customProperties",
            )
    return dict(properties)


def check_locale(locale: str, supported: Iterable[str], *, target: str = "locale") -> str:
    """The locale in its canonical spelling. Raises: Invalid (InvalidLocale) with the ones that there are."""
    known = sorted(supported)
    installed = ", ".join(known) or "none"
    for candidate in known:
        if candidate.casefold() == locale.casefold():
            return candidate
    raise Invalid(
        "InvalidLocale",
        f"The locale '{locale[:40]}' is not supported here; base models are installed for: {installed}.",
        target=target,
    )


def check_same_locale(noun: str, locale: str, expected: str) -> None:
    """Raises: Invalid (InvalidLocale)."""
    if locale != expected:
        raise Invalid(
            "InvalidLocale", f"The {noun} is {locale}, but the locale asked for is {expected}.", target="locale"
        )


_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)


def parse_duration(text: str, *, target: str, code: str = "InvalidParameterValue") -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds. Raises: Invalid."""
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()) or len(text) > 40:
        raise Invalid(code, f"{target} '{text[:40]}' is not an ISO 8601 duration such as PT12H or P2D.", target=target)
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise Invalid(code, f"{target} '{text[:40]}' is too long.", target=target) from None


def parse_time_to_live(text: str) -> timedelta | None:
    """None for the zero duration, which switches it off. Raises: Invalid (InvalidTimeToLive)."""
    duration = parse_duration(text, target="timeToLive", code="InvalidTimeToLive")
    if duration > MAX_TIME_TO_LIVE:
        raise Invalid("InvalidTimeToLive", "timeToLive is at most 31 days (P31D).", target="timeToLive")
    return duration or None


def format_duration(duration: timedelta) -> str:
    """The ISO 8601 form the contract shows: PT59S, PT0.76S, PT1H2M3S, P2D, PT0S."""
    micros = round(duration.total_seconds() * 1_000_000)
    minutes, micros = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    seconds = f"{micros / 1_000_000:.6f}".rstrip("0").rstrip(".")
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{seconds}S" if micros else "")
    if not days and not time:
        return "PT0S"
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
