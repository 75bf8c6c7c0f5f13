"""PocketSphinx as the library comes, for comparison: one process, one decoder, one file after the other.

`python -m benchmarks.plain FILES RESULTS`: a JSON list of 16 kHz WAV files, and where to write what was recognized.
"""

import json
import sys
from pathlib import Path

from pocketsphinx import Decoder

from benchmarks.speech import samples


def main(files: Path, results: Path) -> None:
    """Decode each file whole, with the library's own settings and model."""
    decoder = Decoder(loglevel="FATAL")
    found = []
    for wav in json.loads(files.read_text(encoding="utf-8")):
        decoder.start_utt()
        decoder.process_raw(samples(Path(wav)), full_utt=True)
        decoder.end_utt()
        best = decoder.hyp()
        found.append(best.hypstr if best else "")
    results.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
