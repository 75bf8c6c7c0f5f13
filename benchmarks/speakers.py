"""Those who speak in the soak: sessions of all kinds, drawn by lot, and whether what came of them is right."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from websockets.exceptions import InvalidStatus

from benchmarks.conversations import BYTES_PER_SECOND, Voices, silence
from benchmarks.line import AT_ONCE, CUT, OVER, Turn, Wish, dialled
from benchmarks.service import Service

SCRIPTS = 6
LENGTH = 8.0  # seconds of a script, at least
SILENCE = 7.0  # seconds: more than the initial silence of an interactive turn
STOPS = (0.3, 0.5, 0.8)  # where a speaker stops, as shares of a script: mostly within a word
PACES = (1.0, 1.0, 1.0, 2.0, AT_ONCE)
LIMIT = 120.0  # seconds that a turn may take
PLAIN = Wish()
LISTED = ("tarquessa valve", "moltrino", "yarrobine gasket", "brandvolt", "hexabrand printer")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a session goes. `turns` on one line; `is_cut` without a word, and then it dials again or does not."""

    wish: Wish = PLAIN
    turns: int = 1
    is_silent: bool = False
    stops_early: bool = False
    is_cut: bool = False
    dials_again: bool = False
    is_deaf: bool = False


KINDS: Mapping[str, Kind] = {
    "once": Kind(Wish("interactive"), turns=3),
    "continuous": Kind(),
    "dictation": Kind(Wish("dictation")),
    "detailed": Kind(Wish(is_detailed=True)),
    "phrase list": Kind(Wish(phrases=LISTED), turns=2),
    "silence": Kind(is_silent=True),
    "silence, once": Kind(Wish("interactive"), is_silent=True),
    "stopped early": Kind(stops_early=True),
    "cut": Kind(is_cut=True),
    "cut, dials again": Kind(Wish(is_detailed=True), is_cut=True, dials_again=True),
    "reads late": Kind(Wish(is_detailed=True), is_deaf=True),
}


@dataclass(frozen=True, slots=True)
class Sound:
    """All that the text of a turn depends on."""

    samples: bytes = field(repr=False)
    wish: Wish


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of a session of some kind."""

    kind: str
    sound: Sound
    turn: Turn

    def faults(self, right: Turn) -> Iterator[str]:
        """What is wrong with it, beside the turn of the same sound in peace."""
        found, wanted = phrases(self.turn), phrases(right)
        if not self.is_explained:
            yield f"{self.kind}: the turn ended so: {self.turn.end}"
        if self.turn.end != OVER:
            wanted = wanted[: len(found)]
        if found != wanted:
            yield f"{self.kind}: heard {found}, and in peace {wanted}"

    @property
    def is_explained(self) -> bool:
        """Whether it ended as it should, or the service has told why it did not."""
        code, _, reason = self.turn.end.removeprefix("closed: ").removeprefix("refused: ").partition(" ")
        return self.turn.end in (OVER, CUT) or (code.isdigit() and bool(reason))


def phrases(turn: Turn) -> list[dict[str, Any]]:
    """What is the same whenever the same sound is heard."""
    return [{name: value for name, value in phrase.body.items() if name != "Id"} for phrase in turn.phrases]


@dataclass(slots=True)
class Speaker:
    """Has one session after another; what was said is kept in `said`."""

    started: Service
    scripts: Sequence[bytes]
    chance: random.Random
    said: list[Said] = field(default_factory=list)

    async def session(self, name: str) -> None:
        """A session of the kind of this name."""
        kind, connection = KINDS[name], uuid4().hex
        samples = self._samples(kind)
        pace = self.chance.choice(PACES)
        cut_after = self.chance.uniform(0.0, len(samples) / BYTES_PER_SECOND / pace + 2.0) if kind.is_cut else None
        turns = await self._line(name, connection, [samples] * kind.turns, pace, cut_after)
        if kind.dials_again and turns[-1].end == CUT:
            await self._line(name, connection, [samples[turns[-1].acknowledged :]], pace, None)

    async def _line(
        self, name: str, connection: str, sounds: Sequence[bytes], pace: float, cut_after: float | None
    ) -> list[Turn]:
        """One line, with a turn for each of these sounds until it is over."""
        kind, turns = KINDS[name], list[Turn]()
        try:
            async with dialled(
                self.started.url, self.started.key, kind.wish, name=connection, is_deaf=kind.is_deaf
            ) as line:
                for samples in sounds:
                    turns.append(await line.speak(samples, pace=pace, cut_after=cut_after, limit=LIMIT))
                    if turns[-1].end != OVER:
                        break
        except InvalidStatus as error:
            body = (error.response.body or b"").decode(errors="replace")
            turns.append(Turn(0.0, end=f"refused: {error.response.status_code} {body}"))
        self.said += [Said(name, Sound(samples, kind.wish), turn) for samples, turn in zip(sounds, turns, strict=False)]
        return turns

    def _samples(self, kind: Kind) -> bytes:
        if kind.is_silent:
            return silence(SILENCE, self.chance.randrange(2))
        script = self.chance.choice(self.scripts)
        return script[: round(self.chance.choice(STOPS) * len(script) / 2) * 2] if kind.stops_early else script


def scripts(voices: Voices, count: int = SCRIPTS) -> list[bytes]:
    """What is spoken, always the same."""
    return [voices.conversation(LENGTH, 5_000 + number) for number in range(count)]


async def in_peace(started: Service, sound: Sound) -> Turn:
    """A sound alone, as fast as the service listens."""
    async with dialled(started.url, started.key, sound.wish) as line:
        return await line.speak(sound.samples, pace=AT_ONCE, limit=LIMIT)
