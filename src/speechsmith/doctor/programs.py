"""Whether the programs are whole: Python, the libraries, the engines, FFmpeg, the limited processes."""

import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from speechsmith.config import Settings
from speechsmith.decoding.pool import DecodePool
from speechsmith.doctor.findings import Finding, ok, problem, warning
from speechsmith.engines import registry
from speechsmith.engines.base import EngineError
from speechsmith.sandbox import Limits, Sandbox, SandboxDied
from speechsmith.services import capacity

CODECS = {"aac": "AAC in MP4", "amrnb": "AMR", "wmav2": "WMA", "opus": "Opus in WebM"}
"""What libsndfile does not read, by FFmpeg's names."""

SECONDS = 3.0
"""Of the packaged speech, that is recognized."""

LIMIT_BYTES = 1 << 30
"""What a limited process may use, twice of which is asked for."""


def versions(_: Settings) -> Iterator[Finding]:
    """Python, and each library that is required."""
    yield ok("python", f"{sys.version.split()[0]} in {sys.prefix}, SQLite {sqlite3.sqlite_version}")
    found = []
    for required in metadata.requires("speechsmith") or ():
        name, wanted, condition = _parts(required)
        if "extra ==" in condition or ("win32" in condition and sys.platform == "win32"):
            continue
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield problem("libraries", f"{name} is not installed", f"pip install '{name}{wanted}'")
            continue
        if not _fits(there, wanted):
            said = f"{name} is {there}, and Speechsmith wants {wanted}"
            yield problem("libraries", said, f"pip install '{name}{wanted}'")
        found.append(f"{name} {there}")
    yield ok("libraries", ", ".join(found))


def _parts(required: str) -> tuple[str, str, str]:
    """Name, bounds and condition of a requirement such as `uvloop>=0.21; sys_platform != "win32"`."""
    wanted, _, condition = required.partition(";")
    name = re.match(r"[\w.-]+", wanted)
    assert name is not None
    return name[0], wanted[name.end() :].partition("]")[2] or wanted[name.end() :], condition


def _fits(version: str, wanted: str) -> bool:
    """Whether a version is within bounds such as `>=5.1,<6`; other kinds of bounds are not looked at."""
    bounds: dict[str, Callable[[list[int], list[int]], bool]] = {
        ">=": lambda there, bound: there >= bound,
        "<": lambda there, bound: there < bound,
    }
    found = re.findall(r"(>=|<)(\d[\d.]*)", wanted)
    return all(bounds[sign](_numbers(version), _numbers(bound)) for sign, bound in found)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version.partition("+")[0])]


def engines_decode(_: Settings) -> Iterator[Finding]:
    """Each engine can be loaded, and the packaged one recognizes words in the packaged speech."""
    for name, why in registry.registry().broken.items():
        yield warning("engines", f"{name} cannot be used: {why}", f"Install what {name} comes with again.")
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="speechsmith-doctor-") as scratch, DecodePool(1) as pool:
            wavs, _telephone = capacity.speech(Path(scratch), count=1)
            best = pool.submit(capacity.packaged_model(), wavs[0], 0.0, SECONDS).result()[0]
    except EngineError as error:
        yield problem("decoding", str(error), "Install Speechsmith again.")
        return
    if best.words:
        said = (
            f"{len(best.words)} words in {SECONDS:g} s of the packaged speech, {time.monotonic() - began:.1f} s in all"
        )
        yield ok("decoding", said)
    else:
        yield problem("decoding", "nothing was recognized in the packaged speech", "Install Speechsmith again.")


def foreign_audio(_: Settings) -> Iterator[Finding]:
    """FFmpeg is there, with the codecs that libsndfile lacks."""
    import av  # noqa: PLC0415  # without it the rest can still be looked at

    missing = [told for codec, told in CODECS.items() if codec not in av.codecs_available]
    if missing:
        lost = f"FFmpeg cannot read {', '.join(missing)}: such recordings are refused"
        yield warning("ffmpeg", lost, "pip install --force-reinstall av, which brings a whole FFmpeg.")
    else:
        library = ".".join(map(str, av.library_versions["libavcodec"]))
        yield ok("ffmpeg", f"libavcodec {library}; libsndfile reads WAV, FLAC, OGG and MP3")


def sandbox_limits(_: Settings) -> Iterator[Finding]:
    """Foreign bytes are read in a process that ends when it wants too much."""
    with Sandbox(Limits(memory_bytes=LIMIT_BYTES, wall_s=60.0)) as box:
        if box.call(len, "abc") != 3:
            yield problem("sandbox", "a limited process gives wrong answers", "Install Speechsmith again.")
            return
        try:
            box.call(bytearray, 2 * LIMIT_BYTES)
        except SandboxDied:
            yield ok("sandbox", "a process that wants more memory than it may use is ended")
            return
    yield warning(
        "sandbox",
        "limits on memory do not hold on this system",
        "Run the service in a container with a limit of its own.",
    )
