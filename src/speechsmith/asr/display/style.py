"""How the phrases of a model are written, beside what every phrase is: capitals it has learned, and the user's format.

A custom model keeps its style as one file of plain JSON, which no engine looks at:

    version     1
    locale      BCP 47
    casing      word in lower case -> the word as it is written
    format      itn: rules;  rewrite: pairs of original and new;  profanity: words and phrases
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from speechsmith.asr.display.casing import Casing
from speechsmith.asr.display.custom import OutputFormat

STYLE_FILE = "display.json"
_VERSION = 1
_KEPT = 32  # styles in memory: compiled rules take longer to make than to read


@dataclass(frozen=True)
class Style:
    """Capitals and format, for a `Formatter`. `custom` is None where the user has given no format."""

    casing: Casing = field(default_factory=Casing)
    custom: OutputFormat | None = None

    def save(self, path: Path, locale: str) -> None:
        """Write the file; equal styles give equal bytes."""
        content: dict[str, Any] = {"version": _VERSION, "locale": locale, "casing": self.casing.to_json()}
        if self.custom:
            content["format"] = {
                "itn": self.custom.itn_rules,
                "rewrite": self.custom.rewrites,
                "profanity": self.custom.profanity,
            }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def load_style(path: Path | None) -> Style:
    """The style in a file, which never changes; without one, that of base models. Raises: ValueError."""
    return Style() if path is None else _loaded(path)


@lru_cache(_KEPT)
def _loaded(path: Path) -> Style:
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["version"] != _VERSION:
        raise ValueError(f"{path.name} has version {content['version']}; this release reads version {_VERSION}.")
    found = content.get("format")
    custom = found and OutputFormat(
        content["locale"],
        tuple(found["itn"]),
        tuple((original, new) for original, new in found["rewrite"]),
        tuple(found["profanity"]),
    )
    return Style(Casing.from_json(content["casing"]), custom or None)
