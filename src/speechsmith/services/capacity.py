"""What this machine can carry: measured with the packaged model on the packaged speech, and worked out from that.

A decode process is measured as the service runs one: it decodes whole utterances, at first of full band and then as
over a telephone, for which a model has densities of its own, so its memory is the most that one model takes.

The rest is arithmetic, of the slower of the two:

    processes    as many as there are cores, and fit into MEMORY_SHARE of the memory beside the service: live
                 recognition and each job have that many
    hours a day  processes * 24 / (CPU seconds per second of audio) * HEADROOM
    live         processes / (CPU seconds per second of audio) * HEADROOM, rounded down
"""

import os
import resource
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import soundfile
import soxr

from speechsmith.asr.types import SAMPLE_RATE_HZ, Samples
from speechsmith.decoding import process
from speechsmith.decoding.process import Stretch
from speechsmith.domain.errors import Conflict
from speechsmith.engines import registry
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.sandbox import Limits, Sandbox, SandboxError

HEADROOM = 0.5
"""The share that is planned with: recordings of real life take up to twice as long as the packaged speech."""

MEMORY_SHARE = 0.75
SERVICE_BYTES = 250_000_000
"""What the service takes without decode processes, at most (docs/benchmarks.md, idle service)."""

ENGINE, LOCALE = "pocketsphinx", "en-US"
TELEPHONE_HZ = 8000

_FILES = 8
_UNLIMITED = Limits(memory_bytes=None, cpu_s=None, file_bytes=None, open_files=None, wall_s=600.0)


@dataclass(frozen=True, slots=True)
class Machine:
    """What a process may use here: cores, and memory in bytes, by the limits of its container if it has some."""

    cores: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A decode process: CPU seconds per second of audio of full band and of telephone speech, its memory at the end.

    `audio_s` is how much speech was decoded of each; memory is the proportional set size where the system tells it.
    """

    audio_s: float
    cpu_per_second: float
    telephone_cpu_per_second: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows: how many decode processes, hours of audio in batch a day, and streams in real time."""

    machine: Machine
    measured: Measured
    processes: int
    limited_by: str
    batch_hours_a_day: float
    live_streams: int


def machine(root: Path = Path("/")) -> Machine:
    """This machine. Args: root: where `proc` and `sys` are."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    quota = _words(root / "sys/fs/cgroup/cpu.max")
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, max(1.0, int(quota[0]) / int(quota[1])))
    memory = [int(line.split()[1]) * 1024 for line in _lines(root / "proc/meminfo") if line.startswith("MemTotal:")]
    memory += [int(word) for word in _words(root / "sys/fs/cgroup/memory.max") if word.isdigit()]
    return Machine(int(cores), min(memory) if memory else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def measure() -> Measured:
    """Decode some of the packaged speech in a process of its own. Raises: Conflict (DecodingFailed)."""
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
    with tempfile.TemporaryDirectory(prefix="speechsmith-capacity-") as scratch, Sandbox(_UNLIMITED) as box:
        full, telephone = speech(Path(scratch), count=_FILES)
        for warm in (full[:1], telephone[:1]):  # loads the densities of each
            box.call(cpu_of, model, warm)
        seconds = sum(soundfile.info(path).duration for path in full)
        wide, narrow = (box.call(cpu_of, model, wavs) / seconds for wavs in (full, telephone))
        return Measured(seconds, wide, narrow, box.call(own_memory_bytes))


def planned(machine: Machine, measured: Measured) -> Plan:
    """What a machine can carry, if decoding is as fast on it as was measured."""
    room = max(0.0, machine.memory_bytes * MEMORY_SHARE - SERVICE_BYTES)
    fit = int(room / (2 * measured.memory_bytes))  # those of live recognition, and those of a job
    processes = max(1, min(machine.cores, fit))
    speed = processes / max(measured.cpu_per_second, measured.telephone_cpu_per_second) * HEADROOM
    return Plan(
        machine=machine,
        measured=measured,
        processes=processes,
        limited_by="cores" if machine.cores <= fit else "memory",
        batch_hours_a_day=24 * speed,
        live_streams=int(speed),
    )


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


# in the decode process


def cpu_of(model: ModelFiles, wavs: Sequence[Path]) -> float:
    """The CPU seconds, user and system, that this process takes to decode files. Raises: EngineError."""
    began = _cpu_s()
    for wav in wavs:
        stretch = Stretch(model, wav, 0.0, soundfile.info(wav).duration)
        process.decode(stretch, frozenset([model]), process.load)
    return _cpu_s() - began


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def own_memory_bytes() -> int:
    """The proportional set size of this process; where the system does not tell it, the most that was resident."""
    sizes = [int(line.split()[1]) for line in _lines(Path("/proc/self/smaps_rollup")) if line.startswith("Pss:")]
    return 1024 * (sizes[0] if sizes else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()
