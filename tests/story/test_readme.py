"""What the README tells a user to type, typed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from .conftest import SAMPLE, archive

README = Path(__file__).parents[2] / "README.md"

pytestmark = pytest.mark.slow


def block(heading: str) -> str:
    """The first code under a heading of the README."""
    _, _, under = README.read_text(encoding="utf-8").partition(f"## {heading}\n")
    found = re.search(r"^```\n(.*?)^```", under.partition("\n## ")[0], re.DOTALL | re.MULTILINE)
    assert found, heading
    return found.group(1)


def answers(output: str) -> list[dict]:
    """The JSON documents of an output, one after the other."""
    decoder, found, position = json.JSONDecoder(), [], 0
    while (position := output.find("{", position)) >= 0:
        document, position = decoder.raw_decode(output, position)
        found.append(document)
    return found


def test_the_loop_with_spx_runs_as_written(shell, tmp_path, recordings):
    archive(tmp_path / "test.zip", "test", 2)
    shutil.copy(SAMPLE / "train" / "related-text.txt", tmp_path / "sentences.txt")
    lines = [line for line in block("The loop with spx").splitlines() if not line.startswith("export")]
    lines = "\n".join(lines).replace("https://example.com", recordings)

    done = shell(lines)

    assert done.returncode == 0, done.stderr
    by_address = {answer["self"].split("/")[-2]: answer for answer in answers(done.stdout) if "self" in answer}
    assert {"projects", "datasets", "models", "evaluations", "endpoints", "transcriptions"} <= set(by_address)
    statuses = {noun: answer.get("status") for noun, answer in by_address.items() if noun not in {"projects", "files"}}
    assert set(statuses.values()) == {"Succeeded"}
    properties = by_address["evaluations"]["properties"]
    assert properties["wordCount1"] == properties["wordCount2"] > 10
    assert 0 <= properties["wordErrorRate2"] < properties["wordErrorRate1"]
    written_down = json.loads((tmp_path / "contenturl_0.json").read_text(encoding="utf-8"))
    assert written_down["combinedRecognizedPhrases"][0]["display"]


def test_the_loop_with_curl_runs_as_written(shell, tmp_path):
    archive(tmp_path / "test.zip", "test", 1)
    shutil.copy(SAMPLE / "train" / "related-text.txt", tmp_path / "sentences.txt")
    shutil.copy(SAMPLE / "test" / "audio" / "test_01.wav", tmp_path / "speech.wav")
    text = block("The loop with curl").replace("http://127.0.0.1:8080", "$SPEECHSMITH_ENDPOINT")
    setting, *commands = re.split(r"\n+(?=curl)", text)
    base = answers(shell("spx csr model list --base --api-version v3.2").stdout)[0]["values"][-1]["self"]
    places = {"<self of a base model>": base}
    nouns = (None, "dataset", "dataset", "model", None, "evaluation", "endpoint")
    names = (
        *("<self of My Project>", "<self of Test>", "<self of Words>", "<self of My Model>"),
        *(None, None, "<id of the endpoint>"),
    )

    for command, noun, name in zip(commands, nouns, names, strict=False):
        made = answers(run(shell, setting, command, places))[0]
        if noun:
            waited = shell(f"spx csr {noun} status --api-version v3.2 --{noun} {made['self']} --wait")
            assert answers(waited.stdout)[0]["status"] == "Succeeded", waited.stderr
        if name:
            places[name] = made["self"].rpartition("/")[2] if "id of" in name else made["self"]
    heard = answers(run(shell, setting, commands[-1], places))[0]

    assert heard["RecognitionStatus"] == "Success"
    assert "pump" in heard["DisplayText"]


def run(shell, setting: str, command: str, places: dict[str, str]) -> str:
    """What a command of the README prints, once its places are filled."""
    for place, value in places.items():
        command = command.replace(place, value)
    done = shell(f"{setting}\n{command}")
    assert done.returncode == 0, done.stderr
    return done.stdout
