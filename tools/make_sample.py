"""Make the sample data that ships in `src/speechsmith/sample`: the order desk of an invented supplier of pump parts.

The order of making, all of it repeatable (one seed, and programs that are deterministic):

    CATALOG, TRADE      words that the packaged lexicon lacks, how a user would spell their sound, how they are said
    TEST, TRAIN         sentences written by hand; they are spoken by flite's voices, then light noise is mixed in
    PATTERNS            a small grammar for `train/related-text.txt`; it cannot make any sentence of TEST

The voices say the new words from the hand-written phones below, not from the spoken forms in the pronunciation file,
just as a customer's staff know how a product is called whatever its pronunciation entry says. The test set is spoken
by voices that the training set does not have. Needs Debian's `flite`, at making time only:

    python tools/make_sample.py [FOLDER]
"""

import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

SEED = 20
SAMPLE_RATE_HZ = 16_000
RELATED_LINES = 480
HOME = Path(__file__).resolve().parents[1] / "src" / "speechsmith" / "sample"


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that the packaged lexicon lacks: as displayed, as a user spells its sound, as flite's voices say it."""

    displayed: str
    spoken: str
    phones: str  # CMU phones of flite, stress on the vowels


CATALOG = (  # invented product lines; the names belong to nobody
    NewWord("Cazzimore", "cass e more", "k ae1 s iy0 m ao0 r"),
    NewWord("Dorvessa", "door vess uh", "d ao0 r v eh1 s ax0"),
    NewWord("Fenlowick", "fen low wick", "f eh1 n l ow0 w ih0 k"),
    NewWord("Hobradine", "hob rah dean", "hh aa1 b r ax0 d iy0 n"),
    NewWord("Jelkova", "jell cove uh", "jh eh0 l k ow1 v ax0"),
    NewWord("Lumbrisk", "lum brisk", "l ah1 m b r ih0 s k"),
    NewWord("Moltrino", "mole tree no", "m ow0 l t r iy1 n ow0"),
    NewWord("Pardolin", "par doe lynn", "p aa1 r d ax0 l ih0 n"),
    NewWord("Rigaltis", "rig all tis", "r ih0 g ao1 l t ih0 z"),
    NewWord("Selbrano", "sell brawn oh", "s eh0 l b r aa1 n ow0"),
    NewWord("Tarquessa", "tar kess uh", "t aa0 r k eh1 s ax0"),
    NewWord("Wrendolo", "wren doe low", "r eh1 n d ax0 l ow0"),
    NewWord("Yarrobine", "yarrow bean", "y ae1 r ow0 b iy0 n"),
    NewWord("Zephrodan", "zeff row dan", "z eh1 f r ax0 d ae0 n"),
)
TRADE = (  # real words of the trade that the packaged lexicon happens to lack
    NewWord("bushing", "bush ing", "b uh1 sh ih0 ng"),
    NewWord("ferrule", "fair rule", "f eh1 r uw0 l"),
    NewWord("impeller", "im peller", "ih0 m p eh1 l er0"),
    NewWord("isolator", "eye so later", "ay1 s ax0 l ey0 t er0"),
    NewWord("strainer", "strain er", "s t r ey1 n er0"),
)

TRAIN = (
    "We need four Moltrino pumps at the north branch.",
    "The Dorvessa coupler does not fit the old manifold.",
    "Please hold the Jelkova gaskets at the counter for me.",
    "There is a crack in the Hobradine impeller.",
    "Put one Zephrodan isolator on the Friday truck.",
    "The customer sent the Pardolin strainer back.",
    "Nine Fenlowick sleeves are on the bottom shelf.",
    "I ordered the Tarquessa bushing a week ago.",
    "Could you check the price of the Wrendolo valve?",
    "Take the Rigaltis cartridge off my invoice.",
    "Every Lumbrisk bracket comes with a ferrule.",
    "The Selbrano nozzle goes with the Cazzimore seal kit.",
    "He wants two Yarrobine brackets before noon.",
)
TEST = (
    "Do you still stock the Moltrino pump in two inch?",
    "The driver dropped a Selbrano valve at the wrong branch.",
    "We are down to our last three Yarrobine nozzles.",
    "Put the Dorvessa order on hold until Thursday.",
    "A customer wants to swap his isolator for a Pardolin.",
    "The box came without the Lumbrisk gasket.",
    "How many Wrendolo cartridges fit in one carton?",
    "The sleeve on this Hobradine coupler is cracked again.",
    "Is the Fenlowick valve cheaper than the Tarquessa one?",
    "Somebody ordered nine Cazzimore brackets instead of five.",
    "Move those Rigaltis couplers to the bottom shelf.",
    "I need a Zephrodan cartridge before the shop closes.",
    "Your invoice lists a Moltrino manifold we never received.",
    "Will the morning truck bring the Lumbrisk seal kit?",
    "The Tarquessa valve leaks when the water is shut off.",
    "Please double the Pardolin sleeves on line four.",
    "Nobody in the warehouse can find the Wrendolo strainer.",
    "She asked for a nozzle and an extra bushing.",
    "The price of the Hobradine pump went up in March.",
    "Send the cracked impeller back to the supplier.",
    "Our north branch sold out of Jelkova gaskets yesterday.",
    "Which shelf has the cartridges for order four one six?",
    "Cancel two of the six Fenlowick sleeves on my order.",
    "The manifold needs a new ferrule and one gasket.",
    "Can this Cazzimore pump take hot water?",
    "He picked up the Yarrobine brackets this morning.",
    "Item code seven two nine is the small Moltrino valve.",
    "The label says isolator but the box holds a valve.",
)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of flite, and how it is varied from one utterance to the next."""

    name: str
    stretch: tuple[float, float]  # range of the factor on durations
    shift: tuple[float, float]  # range of the factor on pitch


TRAIN_VOICES = (Voice("slt", (0.92, 1.0), (0.9, 1.1)), Voice("kal16", (0.95, 1.0), (1.0, 1.0)))
TEST_VOICES = (Voice("rms", (0.9, 0.98), (0.95, 1.08)), Voice("awb", (0.92, 1.0), (0.95, 1.08)))
SNR_DB = (27.0, 32.0)

SLOTS: dict[str, Sequence[str]] = {
    "name": [word.displayed for word in CATALOG],
    "part": [
        "pump",
        "valve",
        "nozzle",
        "manifold",
        "gasket",
        "bracket",
        "cartridge",
        "sleeve",
        "impeller",
        "bushing",
        "coupler",
        "strainer",
        "isolator",
        "ferrule",
        "seal kit",
    ],
    "parts": [
        "pumps",
        "valves",
        "nozzles",
        "gaskets",
        "brackets",
        "cartridges",
        "sleeves",
        "bushings",
        "couplers",
        "seal kits",
    ],
    "n": ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fifteen", "twenty"],
    "digit": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "size": ["half inch", "three quarter inch", "one inch", "two inch", "three inch"],
    "kind": ["small", "large", "new", "used", "spare"],
    "branch": ["the north branch", "the south branch", "the main store", "our branch", "the warehouse", "the shop"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "today", "tomorrow", "yesterday"],
    "when": ["before noon", "this morning", "by Friday", "on Monday", "next week", "last week", "until Wednesday"],
    "month": ["January", "March", "April", "June", "October"],
    "who": ["the customer", "the driver", "my supplier", "somebody", "the buyer", "he", "she"],
    "place": ["on the bottom shelf", "on the top shelf", "at the counter", "in aisle {digit}", "in the back room"],
    "fault": ["cracked", "leaking", "missing", "too small", "too large", "worn out", "bent"],
    "leave": ["leaks", "sticks", "is cracked", "came without a {part}", "is the wrong size", "needs a new {part}"],
}
PATTERNS = (
    "do you have the {name} {part} in {size}",
    "how many {name} {parts} do you still have",
    "how many {parts} come in one carton of {name}",
    "we need {n} {name} {parts} {when}",
    "I need a {name} {part} and an extra {part}",
    "I would like {n} {name} {parts} and one {part}",
    "please send {n} {name} {parts} to {branch}",
    "please add a {name} {part} to line {digit} of my order",
    "please cancel {n} of the {name} {parts} on my order",
    "put {n} {name} {parts} on hold for me",
    "put the {name} order on the morning truck",
    "the {name} {part} {leave}",
    "the {part} on this {name} {part} {leave}",
    "the {part} of my {name} {part} is {fault}",
    "our {name} {part} came {fault} {day}",
    "{who} ordered {n} {name} {parts} instead of a {part}",
    "{who} sent the {name} {part} back to the supplier",
    "{who} wants to swap the {name} {part} for a {name}",
    "{who} asked for a {name} {part} {when}",
    "{who} picked up the {name} {parts} {day}",
    "{who} dropped the {name} {parts} at {branch}",
    "tell me if the {name} {part} is cheaper than the {name} {part}",
    "does the {name} {part} fit the {name} {part}",
    "can the {name} {part} take hot water",
    "will the {name} {parts} be here {when}",
    "which shelf has the {name} {parts}",
    "where can I find the {name} {part}",
    "nobody can find the {name} {part} {place}",
    "the {name} {parts} are {place}",
    "move the {name} {parts} to {branch}",
    "{branch} is out of {name} {parts}",
    "{branch} sold the last {name} {part} {day}",
    "we are out of {name} {parts} until {day}",
    "we never received the {n} {name} {parts}",
    "my invoice lists a {name} {part} that I never ordered",
    "the {name} {parts} went up in {month}",
    "what is the price of a {kind} {name} {part} in {size}",
    "item code {digit} {digit} {digit} is a {name} {part} in {size}",
    "the label says {name} {part} but the box holds a {part}",
    "order {digit} {digit} {digit} is for {n} {name} {parts}",
)


def sentence(pattern: str, draw: random.Random) -> str:
    """One line of the grammar, in display form: slots filled from left to right, a capital and a full stop."""
    while slot := re.search(r"{(\w+)}", pattern):
        pattern = pattern[: slot.start()] + draw.choice(SLOTS[slot[1]]) + pattern[slot.end() :]
    end = "?" if pattern.split()[0] in {"do", "how", "is", "does", "can", "will", "which", "where", "what"} else "."
    return pattern[0].upper() + pattern[1:] + end


def related_text(draw: random.Random) -> Iterator[str]:
    """RELATED_LINES different lines, pattern after pattern in turn; none is a sentence that is spoken."""
    seen = {*TRAIN, *TEST}
    made = 0
    while made < RELATED_LINES:
        line = sentence(PATTERNS[made % len(PATTERNS)], draw)
        if line not in seen:
            seen.add(line)
            made += 1
            yield line


def speak(text: str, voice: Voice, draw: random.Random, addenda: Path) -> NDArray[np.float64]:
    """What flite says, (T,) at SAMPLE_RATE_HZ, in [-1, 1]; the pauses at both ends are cut to a tenth of a second."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "spoken.wav"
        command = ["flite", "-voice", voice.name, "-add_lex", str(addenda)]
        command += ["--setf", f"duration_stretch={draw.uniform(*voice.stretch):.3f}"]
        command += ["--setf", f"f0_shift={draw.uniform(*voice.shift):.3f}", "-t", text, "-o", str(wav)]
        subprocess.run(command, check=True)
        samples, rate = soundfile.read(wav, dtype="float64")
    if rate != SAMPLE_RATE_HZ:
        raise SystemExit(f"voice {voice.name} speaks at {rate} Hz; the sample needs {SAMPLE_RATE_HZ} Hz")
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    margin = SAMPLE_RATE_HZ // 10
    cut: NDArray[np.float64] = samples[max(loud[0] - margin, 0) : loud[-1] + margin]
    return cut


def with_noise(speech: NDArray[np.float64], snr_db: float, noise: np.random.Generator) -> NDArray[np.float64]:
    """Speech at a mean level of -23 dBFS in pink noise: power falls as 1/f, as in a quiet room."""
    spectrum = np.fft.rfft(noise.standard_normal(len(speech)))
    hz = np.fft.rfftfreq(len(speech), 1 / SAMPLE_RATE_HZ)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 50.0)), len(speech))
    level = 10 ** (-23 / 20)
    return level * (speech / rms(speech) + 10 ** (-snr_db / 20) * pink / rms(pink))


def rms(samples: NDArray[np.float64]) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(samples**2)))


def write_part(part: Path, spoken: Sequence[str], voices: Sequence[Voice], addenda: Path, seed: int) -> None:
    """Write `audio/*.wav`, `trans.txt` and `speakers.tsv` of one half, the voices taking turns."""
    (part / "audio").mkdir(parents=True, exist_ok=True)
    for old in (part / "audio").glob("*.wav"):
        old.unlink()
    draw, noise = random.Random(seed), np.random.default_rng(seed)
    transcripts, speakers = [], ["file\tspeaker\tdur\tsr"]
    for number, text in enumerate(spoken):
        voice = voices[number % len(voices)]
        name = f"{part.name}_{number + 1:02}.wav"
        samples = with_noise(speak(text, voice, draw, addenda), draw.uniform(*SNR_DB), noise)
        soundfile.write(part / "audio" / name, samples, SAMPLE_RATE_HZ, subtype="PCM_16")
        transcripts.append(f"{name}\t{text}")
        speakers.append(f"{name}\tflite-{voice.name}\t{len(samples) / SAMPLE_RATE_HZ:.2f}\t{SAMPLE_RATE_HZ}")
    write_lines(part / "trans.txt", transcripts)
    write_lines(part / "speakers.tsv", speakers)


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """A UTF-8 text file with a newline after each line."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main(home: Path) -> None:
    """Write the whole sample, less its README, into a folder."""
    words = (*CATALOG, *TRADE)
    with tempfile.TemporaryDirectory() as folder:
        addenda = Path(folder) / "words.lex"
        write_lines(addenda, [f'"{word.displayed.lower()}" nil : {word.phones}' for word in words])
        write_part(home / "train", TRAIN, TRAIN_VOICES, addenda, SEED)
        write_part(home / "test", TEST, TEST_VOICES, addenda, SEED + 1)
    write_lines(home / "train" / "related-text.txt", list(related_text(random.Random(SEED))))
    write_lines(home / "train" / "pronunciations.txt", [f"{word.displayed}\t{word.spoken}" for word in words])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
