"""What this machine can carry: measured with the packaged model on the packaged speech, and worked out from that.

A decode process is measured as the service runs one: it decodes whole utterances, at first of full band and then as
over a telephone, for which a model has densities of its own, so its memory is the most that one model takes.

A listening process is measured beside it: it looks for speech in all that comes, and guesses at what is spoken.

The rest is arithmetic, of the slower of the two bands:

    processes    as many as there are cores, and fit into MEMORY_SHARE of the memory beside the service: live
                 recognition and each job have that many that decode, and as many listen
    hours a day  processes * 24 / decode * HEADROOM
    live         processes / (SPOKEN * (decode + guess) + detect) * HEADROOM, and no more than there is memory for,
                 for each that speaks has a guesser

where decode, guess and detect are CPU seconds per second of audio. What was found is kept in the home, with the machine
and the versions that it holds for.
"""

import json
import logging
import os
import resource
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

import speechsmith
from speechsmith import machine
from speechsmith.asr.segments import Segmenter
from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.config import CAPACITY, STREAMS_PER_CORE, Settings
from speechsmith.decoding import process
from speechsmith.decoding.ears import BLOCK
from speechsmith.decoding.process import Stretch
from speechsmith.domain.errors import Conflict
from speechsmith.engines import registry
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.machine import Machine
from speechsmith.sandbox import Limits, Sandbox, SandboxError

HEADROOM = 0.5
"""The share that is planned with: recordings of real life take up to twice as long as the packaged speech."""

SPOKEN = 0.5
"""The share of a live stream in which somebody speaks: of two who talk, each listens half of the time."""

MEMORY_SHARE = 0.75
SERVICE_BYTES = 250_000_000
"""What the service takes without decode processes, at most (docs/benchmarks.md, idle service)."""

ENGINE, LOCALE = "pocketsphinx", "en-US"
TELEPHONE_HZ = 8000

_FILES = 8
_BLOCK_SAMPLES = round(BLOCK * SAMPLE_RATE_HZ)
_UNLIMITED = Limits(memory_bytes=None, cpu_s=None, file_bytes=None, open_files=None, wall_s=600.0)

log = logging.getLogger("speechsmith.capacity")


class DoesNotHold(Exception):
    """What was measured does not hold here; the message says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What decoding and listening cost: CPU seconds per second of audio, and memory.

    `audio_s` is how much speech was decoded of full band (`cpu_per_second`), and as much of telephone speech; `guess`
    and `detect` are the mean of both. `memory_bytes` is that of a decode process at the end, `listener_bytes` that of a
    listening process to which nobody speaks, `guesser_bytes` what it takes on for one who does; memory is the
    proportional set size where the system tells it.
    """

    audio_s: float
    cpu_per_second: float
    telephone_cpu_per_second: float
    guess_cpu_per_second: float
    detect_cpu_per_second: float
    memory_bytes: int
    listener_bytes: int
    guesser_bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows: how many decode processes, hours of audio in batch a day, and streams in real time."""

    machine: Machine
    measured: Measured
    processes: int
    limited_by: str
    batch_hours_a_day: float
    live_streams: int


def measure() -> Measured:
    """Decode some of the packaged speech, and listen to it, in processes of their own.

    Raises: Conflict (DecodingFailed).
    """
    try:
        return _measured(packaged_model())
    except (EngineError, SandboxError) as error:
        raise Conflict("DecodingFailed", f"Nothing can be decoded here: {error} See `speechsmith doctor`.") from error


def packaged_model() -> ModelFiles:
    """The newest packaged model. Raises: EngineError."""
    known = [one for one in registry.engine(ENGINE).packaged_models() if one.locale == LOCALE]
    if not known:
        raise EngineError(f"The engine {ENGINE} brings no model for {LOCALE}.")
    return ModelFiles(engine=ENGINE, base=max(known, key=lambda one: one.released).folder)


def _measured(model: ModelFiles) -> Measured:
    with tempfile.TemporaryDirectory(prefix="speechsmith-capacity-") as scratch:
        full, telephone = speech(Path(scratch), count=_FILES)
        seconds = sum(soundfile.info(path).duration for path in full)
        both = [*full, *telephone]
        with Sandbox(_UNLIMITED) as box:
            for warm in (full[:1], telephone[:1]):  # loads the densities of each
                box.call(cpu_of, model, warm)
            wide, narrow = (box.call(cpu_of, model, wavs) / seconds for wavs in (full, telephone))
            memory_bytes = box.call(own_memory_bytes)
        with Sandbox(_UNLIMITED) as box:
            detecting = box.call(cpu_of_detecting, both) / (2 * seconds)
            listener_bytes = box.call(own_memory_bytes)
            guessing, guessing_bytes = box.call(cost_of_guessing, model, both)
        return Measured(
            audio_s=seconds,
            cpu_per_second=wide,
            telephone_cpu_per_second=narrow,
            guess_cpu_per_second=guessing / (2 * seconds),
            detect_cpu_per_second=detecting,
            memory_bytes=memory_bytes,
            listener_bytes=listener_bytes,
            guesser_bytes=guessing_bytes - listener_bytes,
        )


def planned(machine: Machine, measured: Measured) -> Plan:
    """What a machine can carry, if decoding is as fast on it as was measured."""
    room = max(0.0, machine.memory_bytes * MEMORY_SHARE - SERVICE_BYTES)
    # A decode process of live recognition and one of a job; one that listens, and to whom somebody speaks.
    each = 2 * measured.memory_bytes + measured.listener_bytes + measured.guesser_bytes
    fit = int(room / each)
    processes = max(1, min(machine.cores, fit))
    decode = max(measured.cpu_per_second, measured.telephone_cpu_per_second)
    of_stream = SPOKEN * (decode + measured.guess_cpu_per_second) + measured.detect_cpu_per_second
    more_guessers = int(max(0.0, room - processes * each) / measured.guesser_bytes)
    return Plan(
        machine=machine,
        measured=measured,
        processes=processes,
        limited_by="cores" if machine.cores <= fit else "memory",
        batch_hours_a_day=24 * processes / decode * HEADROOM,
        live_streams=max(1, min(int(processes / of_stream * HEADROOM), processes + more_guessers)),
    )


def told(plan: Plan) -> dict[str, Any]:
    """A plan as JSON, with what it holds for."""
    measured = plan.measured
    return {
        "versions": _versions(),
        "cores": plan.machine.cores,
        "memoryBytes": plan.machine.memory_bytes,
        "measured": {
            "audioSeconds": round(measured.audio_s, 1),
            "cpuPerAudioSecond": round(measured.cpu_per_second, 3),
            "telephoneCpuPerAudioSecond": round(measured.telephone_cpu_per_second, 3),
            "guessCpuPerAudioSecond": round(measured.guess_cpu_per_second, 3),
            "detectCpuPerAudioSecond": round(measured.detect_cpu_per_second, 3),
            "processBytes": measured.memory_bytes,
            "listenerBytes": measured.listener_bytes,
            "guesserBytes": measured.guesser_bytes,
        },
        "headroom": HEADROOM,
        "spoken": SPOKEN,
        "decodeProcesses": plan.processes,
        "limitedBy": plan.limited_by,
        "batchHoursPerDay": round(plan.batch_hours_a_day, 1),
        "liveStreams": plan.live_streams,
        "settings": {"SPEECHSMITH_DECODE_PROCESSES": str(plan.processes), "SPEECHSMITH_WORKERS": "1"},
    }


def keep(home: Path, plan: Plan) -> Path:
    """Keep a plan in a home, whole or not at all; the file. Raises: OSError."""
    target = home / CAPACITY
    part = target.with_suffix(".part")
    part.write_text(json.dumps(told(plan), indent=2) + "\n", encoding="utf-8")
    os.replace(part, target)
    return target


def kept(settings: Settings) -> int | None:
    """The live streams that were found for this machine and as many decode processes; None where nothing was measured.

    Raises: DoesNotHold.
    """
    try:
        found = json.loads((settings.home / CAPACITY).read_text(encoding="utf-8"))
        streams, cores, versions = found["liveStreams"], found["cores"], found["versions"]
        processes = found["decodeProcesses"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        raise DoesNotHold("it cannot be read") from None
    if not isinstance(streams, int) or streams < 1:
        raise DoesNotHold("its liveStreams is no number from 1 on")
    if cores != (here := machine.here().cores):
        raise DoesNotHold(f"it was measured with {cores} cores, and there are {here}")
    if processes != settings.processes:
        raise DoesNotHold(f"it holds for {processes} decode processes, and there are {settings.processes}")
    if versions != _versions():
        raise DoesNotHold("it was measured with other versions")
    return streams


def live_streams(settings: Settings) -> tuple[int, str]:
    """How many live streams are listened to at once, and why so many."""
    if settings.most_live_streams:
        return settings.most_live_streams, "SPEECHSMITH_MOST_LIVE_STREAMS is set"
    try:
        if streams := kept(settings):
            return streams, f"measured, as {CAPACITY} in the home says"
        why = "nothing was measured"
    except DoesNotHold as error:
        log.warning("%s ignored: %s", CAPACITY, error)
        why = "what was measured does not hold here"
    return settings.live_streams, f"{STREAMS_PER_CORE} for each core: {why}, see `speechsmith capacity`"


def _versions() -> dict[str, str]:
    try:
        engine = registry.engine(ENGINE).version
    except EngineError:
        engine = "none"
    return {"speechsmith": speechsmith.__version__, ENGINE: engine}


def speech(folder: Path, *, count: int) -> tuple[list[Path], list[Path]]:
    """Packaged recordings as canonical WAV files in a folder: as they are, and as a telephone would carry them."""
    full, telephone = [], []
    with as_file(files("speechsmith") / "sample") as sample:
        for path in sorted((sample / "test" / "audio").glob("*.wav"))[:count]:
            samples: Samples = soundfile.read(path, dtype="float32")[0]  # (T,)
            full.append(_written(folder / path.name, samples))
            narrow = soxr.resample(soxr.resample(samples, SAMPLE_RATE_HZ, TELEPHONE_HZ), TELEPHONE_HZ, SAMPLE_RATE_HZ)
            telephone.append(_written(folder / f"telephone-{path.name}", narrow))
    return full, telephone


def _written(path: Path, samples: Samples) -> Path:
    soundfile.write(path, np.clip(samples, -1.0, 1.0), SAMPLE_RATE_HZ, subtype="PCM_16")
    return path


# in the processes that are measured


def cpu_of(model: ModelFiles, wavs: Sequence[Path]) -> float:
    """The CPU seconds, user and system, that this process takes to decode files. Raises: EngineError."""
    began = _cpu_s()
    for wav in wavs:
        stretch = Stretch(model, wav, 0.0, soundfile.info(wav).duration)
        process.decode(stretch, frozenset([model]), process.load)
    return _cpu_s() - began


def cpu_of_detecting(wavs: Sequence[Path]) -> float:
    """The CPU seconds that this process takes to find where somebody speaks, in files that come as live sound does."""
    began = _cpu_s()
    for wav in wavs:
        segmenter = Segmenter()
        for block in soundfile.blocks(wav, _BLOCK_SAMPLES, dtype="float32"):
            segmenter.hear(block)
        segmenter.finish()
    return _cpu_s() - began


def cost_of_guessing(model: ModelFiles, wavs: Sequence[Path]) -> tuple[float, int]:
    """The CPU seconds that this process takes to guess at what is said in them, and its memory with the guesser.

    Loading it does not count. Raises: EngineError.
    """
    guesser = process.guesser(model)
    began = _cpu_s()
    for wav in wavs:
        guesser.start()
        for block in soundfile.blocks(wav, _BLOCK_SAMPLES, dtype="float32"):
            guesser.accept(block)
            guesser.guess()
    return _cpu_s() - began, own_memory_bytes()


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def own_memory_bytes() -> int:
    """The proportional set size of this process; where the system does not tell it, the most that was resident."""
    sizes = [
        int(line.split()[1]) for line in machine.lines_of(Path("/proc/self/smaps_rollup")) if line.startswith("Pss:")
    ]
    return 1024 * (sizes[0] if sizes else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
