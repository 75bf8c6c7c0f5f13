"""The files that browsers load: our own, and, where they were built, those of others (docs/decisions/0015).

All are read once and served from memory under the digest of their content, so browsers may keep them for ever.
"""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from speechsmith.api.studio.visit import ROOT

HERE = Path(__file__).parent
STATIC, VENDOR = HERE / "static", HERE / "vendor"
ORDER = ("tokens.css", "studio.css", "htmx.min.js", "studio.js")
"""What every page loads. Tokens come first, since our own rules use them."""

BUILT = frozenset({"tokens.css", "htmx.min.js"})
_MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    name: str
    address: str
    plain: bytes
    packed: bytes
    media: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All of them, first those of every page in their order. `missing` names what was not built."""

    files: Sequence[Asset]
    missing: Sequence[str]

    def address(self, name: str) -> str:
        """The address of a file: of a module, say, that the pages name which need it."""
        return next(asset.address for asset in self.files if asset.name == name)

    def _everywhere(self, suffix: str) -> list[str]:
        return [asset.address for asset in self.files if asset.name in ORDER and asset.name.endswith(suffix)]

    @property
    def styles(self) -> list[str]:
        """The addresses of the style sheets."""
        return self._everywhere(".css")

    @property
    def scripts(self) -> list[str]:
        """The addresses of the scripts of all pages."""
        return self._everywhere(".js")

    async def serve(self, request: Request) -> Response:
        """GET of one, packed for whoever can unpack it; 404 for the content of another version."""
        found = next((asset for asset in self.files if asset.address == request.scope["path"]), None)
        if found is None:
            return Response(status_code=404)
        packs = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"cache-control": _FOR_EVER, "vary": "accept-encoding"} | (
            {"content-encoding": "gzip"} if packs else {}
        )
        return Response(found.packed if packs else found.plain, headers=headers, media_type=found.media)


@cache
def assets(static: Path = STATIC, vendor: Path = VENDOR) -> Assets:
    """What lies in the two folders; the second may be missing."""
    paths = [*static.glob("*.*"), *(vendor / name for name in sorted(BUILT) if (vendor / name).is_file())]
    paths.sort(key=lambda path: (*ORDER, path.name).index(path.name))
    return Assets([_read(path) for path in paths], sorted(BUILT - {path.name for path in paths}))


def _read(path: Path) -> Asset:
    plain = path.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:16]
    packed = gzip.compress(plain, mtime=0)
    return Asset(path.name, f"{ROOT}/files/{digest}/{path.name}", plain, packed, _MEDIA[path.suffix])
