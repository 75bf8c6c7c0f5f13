"""Bundles for tests: honest ones without a training, and forged ones."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from speechsmith.engines.registry import engine
from speechsmith.store import bundle_file
from speechsmith.store.bundle_file import Base, Manifest

BLOCK = 512
FILES = {
    "digests.txt": b"",
    "model/acoustic/means": b"\1" * 700,
    "model/words.txt": b"gasket",
    "report.json": b'{"seed": 0}',
}
MADE = datetime(2025, 2, 3, 4, 5, 6, 789, tzinfo=UTC)


def bundle(folder: Path, engine_name: str = "pocketsphinx", **members: Any) -> Path:
    """A bundle of a small model that nobody has trained, for the newest packaged base of an engine."""
    sources = {}
    for name, content in FILES.items():
        path = sources[name] = folder / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    base = max(engine(engine_name).packaged_models(), key=lambda model: (model.locale, model.released))
    manifest = Manifest(
        **{
            "display_name": "clinic",
            "description": "of a test",
            "custom_properties": {"team": "x"},
            "locale": base.locale,
            "made": MADE,
            "custom_model_weight_percent": 30,
            "base": Base(engine=engine_name, released=base.released, sha256=bundle_file.folder_digest(base.folder)),
            "training": {"seed": 0},
            "files": bundle_file.described(sources),
        }
        | members
    )
    bundle_file.write(folder / "bundle.tar", manifest, sources)
    return folder / "bundle.tar"


def header(name: str, size: int, *, kind: bytes = b"0", link: bytes = b"") -> bytes:
    """A header with a right sum, whatever it says."""
    block = bytearray(BLOCK)
    block[0:100] = name.encode()[:100].ljust(100, b"\0")
    for start, field in ((100, b"0000644"), (108, b"0000000"), (116, b"0000000"), (136, b"00000000000")):
        block[start : start + len(field)] = field
    block[124:135] = b"%011o" % size
    block[156:157] = kind
    block[157:257] = link.ljust(100, b"\0")
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: str, content: bytes, *, kind: bytes = b"0", link: bytes = b"") -> bytes:
    return header(name, len(content), kind=kind, link=link) + content + bytes(-len(content) % BLOCK)


def forged(
    good: Path,
    change: Callable[[dict[str, Any]], object] = lambda manifest: None,
    *,
    head: bytes | None = None,
    members: Mapping[str, bytes] | None = None,
) -> bytes:
    """A bundle whose manifest was changed by somebody who knows how; `members` stand in place of the good ones."""
    whole = good.read_bytes()
    size = int(whole[124:135], 8)
    manifest = json.loads(whole[BLOCK : BLOCK + size])
    contents = dict(FILES if members is None else members)
    change(manifest)
    if head is None:
        head = json.dumps(manifest).encode()
    checksum = f"{hashlib.sha256(head).hexdigest()}  manifest.json\n".encode()
    start = member("manifest.json", head) + member("manifest.sha256", checksum)
    return start + b"".join(member(name, content) for name, content in contents.items()) + bytes(2 * BLOCK)
