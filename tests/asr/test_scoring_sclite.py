"""Our counts against those of NIST's sclite, the field's reference (Debian package sctk), utterance by utterance."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from speechsmith.asr.scoring import ErrorCounts, score
from speechsmith.asr.text import normalizer

RESULT = re.compile(r"id: \(s-(\d+)\)\nScores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)")


@pytest.fixture(scope="session")
def sclite() -> list[str]:
    if shutil.which("sclite"):
        return ["sclite"]
    if shutil.which("sctk"):
        return ["sctk", "sclite"]
    pytest.skip("neither sclite nor sctk is installed (Debian: apt-get install sctk)")


def counts_of_sclite(sclite: list[str], pairs: list[tuple[str, str]], folder: Path) -> list[ErrorCounts]:
    for name, side in (("reference", 0), ("hypothesis", 1)):
        lines = [f"{pair[side]} (s-{number})\n" for number, pair in enumerate(pairs)]
        (folder / f"{name}.trn").write_text("".join(lines), encoding="utf-8")
    command = [*sclite, "-r", "reference.trn", "trn", "-h", "hypothesis.trn", "trn", "-i", "rm", "-e", "utf-8"]
    done = subprocess.run([*command, "-o", "pralign", "stdout"], cwd=folder, capture_output=True, check=True)
    found = {int(id): ErrorCounts(*map(int, counts)) for id, *counts in RESULT.findall(done.stdout.decode("utf-8"))}
    return [found[number] for number in range(len(pairs))]


def corrupted(words: list[str], vocabulary: list[str], rng: random.Random) -> list[str]:
    """A hypothesis as a weak recognizer gives it: words lost, replaced and made up, often in bursts."""
    heard = []
    rate = rng.choice([0.05, 0.2, 0.5])
    for word in words:
        dice = rng.random()
        if dice > rate:
            heard.append(word)
        elif dice > rate * 2 / 3:
            heard.append(rng.choice(vocabulary))
        elif dice > rate / 3:
            heard += [word, *rng.choices(vocabulary, k=rng.randint(1, 3))]
    return heard


def test_two_thousand_pairs_full_of_ties_have_the_counts_of_sclite(sclite, tmp_path):
    rng = random.Random(20)
    pairs = [
        (" ".join(rng.choices("abcd", k=rng.randint(1, 9))), " ".join(rng.choices("abce", k=rng.randint(0, 9))))
        for _ in range(2000)
    ]

    ours = [utterance.counts for utterance in score((str(i), *pair) for i, pair in enumerate(pairs)).utterances]

    assert ours == counts_of_sclite(sclite, pairs, tmp_path)


@pytest.mark.slow
def test_every_set_of_real_transcripts_has_the_counts_of_sclite(sclite, real_speech, tmp_path):
    rng = random.Random(21)
    transcripts = sorted(real_speech.glob("*_dev/*/trans.txt"))
    assert transcripts, f"no trans.txt below {real_speech}"

    for path in transcripts:
        locale = re.search(r"[a-z]{2}-[A-Z]{2}", path.parts[-3])
        tokens = normalizer(locale[0] if locale else "en-US").tokens
        references = [tokens(line.partition("\t")[2]) for line in path.read_text(encoding="utf-8-sig").splitlines()]
        vocabulary = sorted({word for words in references for word in words})
        pairs = [(" ".join(words), " ".join(corrupted(words, vocabulary, rng))) for words in references]

        result = score((str(number), *pair) for number, pair in enumerate(pairs))

        theirs = counts_of_sclite(sclite, pairs, tmp_path)
        assert [utterance.counts for utterance in result.utterances] == theirs, path.parts[-3:-1]
        assert result.counts.errors > 0
