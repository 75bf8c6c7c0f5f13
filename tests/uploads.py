"""Uploads of bytes that the tests make themselves."""

import io
import struct
import zipfile
from collections.abc import Mapping

import numpy as np


def zipped(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def noise(seconds: float = 0.5, rate_hz: int = 16_000, channels: int = 1, claimed_bytes: int | None = None) -> bytes:
    """A WAV file of noise, with any header."""
    rng = np.random.default_rng(round(seconds * 1000))
    data = rng.integers(-3000, 3000, round(seconds * rate_hz) * channels).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    size = len(data) if claimed_bytes is None else claimed_bytes
    head = b"RIFF" + struct.pack("<I", min(36 + size, 2**32 - 1)) + b"WAVEfmt \x10\0\0\0" + form
    return head + b"data" + struct.pack("<I", size) + data
