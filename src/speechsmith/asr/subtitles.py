"""Subtitles of what was said: SRT and WebVTT.

Theory. A cue is what stands on the screen at once: two lines of at most 42 characters, for at most 7 seconds, as
broadcasters have it. A phrase that is longer is cut: of the places that leave a whole cue, at the last one behind a
sentence, else behind a comma or the like, else where the speaker pauses longest, if only the cue is at least half full
there. A cue that fits on one line is one line; of two lines the lengths are as equal as can be. It stays until it has
been read (17 characters a second, 1 second at least), if the next one does not begin before.

Cues are in the order of time and do not overlap, but where two people speak at once, in channels of their own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

LINE = 42  # characters
LINES = 2
LONGEST, SHORTEST = 7.0, 1.0  # seconds
READ = 17.0  # characters a second
_SENTENCE = re.compile(r"[.?!…][\"'”’)]*$")
_CLAUSE = re.compile(r"[,;:–—][\"'”’)]*$")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Text that is written without a break, and when it was said."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Cue:
    """What stands on the screen from `start` to `end`, line by line."""

    start: float
    end: float
    lines: tuple[str, ...]


def cues(phrases: Iterable[Sequence[Spoken]]) -> list[Cue]:
    """The cues of phrases in the order of time; phrases of several channels may overlap."""
    cut = [part for phrase in phrases for part in _cut([word for word in phrase if word.text.split()])]
    cut.sort(key=lambda part: part[0].start)
    made = [Cue(part[0].start, part[-1].end, _lines(_text(part))) for part in cut]
    return [_lasting(cue, after) for cue, after in pairwise([*made, None]) if cue is not None]


def srt(cues: Iterable[Cue]) -> str:
    """As SubRip has it."""
    return "".join(
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{_safe(cue)}\n\n"
        for number, cue in enumerate(cues, start=1)
    )


def vtt(cues: Iterable[Cue]) -> str:
    """As WebVTT has it (W3C)."""
    shown = (f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{_escaped(_safe(cue))}\n\n" for cue in cues)
    return "WEBVTT\n\n" + "".join(shown)


def _text(part: Sequence[Spoken]) -> str:
    return " ".join(" ".join(word.text for word in part).split())


def _cut(phrase: Sequence[Spoken]) -> Iterator[Sequence[Spoken]]:
    """Parts that each are a cue."""
    while phrase:
        whole = 1
        while whole < len(phrase) and _fits(phrase[: whole + 1]):
            whole += 1
        at = whole if whole == len(phrase) else _place(phrase, whole)
        yield phrase[:at]
        phrase = phrase[at:]


def _fits(part: Sequence[Spoken]) -> bool:
    lines = _lines(_text(part))
    return part[-1].end - part[0].start <= LONGEST and len(lines) <= LINES and max(map(len, lines)) <= LINE


def _place(phrase: Sequence[Spoken], whole: int) -> int:
    """Where to cut a phrase of which the first `whole` words are a cue."""
    size = len(_text(phrase[:whole]))
    places = [at for at in range(1, whole + 1) if 2 * len(_text(phrase[:at])) >= size]
    for mark in (_SENTENCE, _CLAUSE):
        if marked := [at for at in places if mark.search(phrase[at - 1].text.rstrip())]:
            return marked[-1]
    # The latest of equal pauses; times are of frames of 10 ms, and less is no pause.
    return max(places, key=lambda at: (round(phrase[at].start - phrase[at - 1].end, 2), at))


def _lines(text: str) -> tuple[str, ...]:
    """The text on one line or two: of the ways to break it the one whose longer line is the shortest."""
    if len(text) <= LINE:
        return (text,)
    breaks = [place.start() for place in re.finditer(" ", text)]
    if not breaks:
        return (text,)
    at = min(breaks, key=lambda at: max(at, len(text) - at - 1))
    return text[:at], text[at + 1 :]


def _lasting(cue: Cue, after: Cue | None) -> Cue:
    """The cue until it has been read, or the next one begins."""
    read = max(SHORTEST, sum(map(len, cue.lines)) / READ)
    end = max(cue.end, cue.start + min(read, LONGEST))
    if after is not None:
        end = max(cue.end, min(end, after.start))
    return replace(cue, end=end)


def _time(seconds: float, mark: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"


def _safe(cue: Cue) -> str:
    """The lines, without what both formats take for the line of times."""
    return "\n".join(cue.lines).replace("-->", "→")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
