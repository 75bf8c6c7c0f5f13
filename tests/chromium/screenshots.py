"""A picture of every page of Studio, wide and narrow, light and dark: `make screenshots`."""

import shutil
import sys
import tempfile
from pathlib import Path

from .addresses import SHOWN, path_of
from .filled import Studio, browser, speech_for_the_microphone, studio_in

WIDTHS = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 740}}
SCHEMES = ("light", "dark")


def main(target: Path) -> None:
    """Write them all into a folder, named by page, width and scheme."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("There is no Chromium; on Debian: apt-get install chromium.")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with (
            browser(program, speech_for_the_microphone(folder)) as chromium,
            studio_in(folder, chromium) as studio,
        ):
            for width, viewport in WIDTHS.items():
                for scheme in SCHEMES:
                    _taken(studio, target, f"{width}-{scheme}", viewport=viewport, color_scheme=scheme)


def _taken(studio: Studio, target: Path, named: str, **options: object) -> None:
    page = studio.signed_in(**options)
    for shown in SHOWN:
        path = path_of(shown, studio)
        if path and "text/html" in page.request.get(path).headers.get("content-type", ""):
            page.goto(path)
            page.screenshot(path=target / f"{shown.name}-{named}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
