"""The loop with curl, as the README has it: every command is answered, and all that it makes is in the project."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

from bench import acoustic, speech

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
FILES = {"test.zip": acoustic({0: "Please send a gasket."}), "sentences.txt": b"please send a gasket\n"}


def commands() -> list[list[str]]:
    """The words of each curl command, without `curl`."""
    (block,) = re.findall(r"## The loop with curl\n.*?```\n(.*?)```", README, re.DOTALL)
    _, *found = re.split(r"^curl ", block.replace("\\\n", " "), flags=re.MULTILINE)
    return [shlex.split(one) for one in found]


def of_option(words: list[str], option: str) -> list[str]:
    return [value for name, value in pairwise(words) if name == option]


def sent(api, words: list[str]):
    """What the service answers to a command."""
    (address,) = (word for word in words if word.startswith(("$API", "http://127.0.0.1:8080/")))
    path = address.removeprefix("$API").removeprefix("http://127.0.0.1:8080")
    if bodies := of_option(words, "-d"):
        return api.post(path, json.loads(bodies[0]))
    if fields := dict(field.split("=", 1) for field in of_option(words, "-F")):
        data = FILES[fields.pop("data").removeprefix("@")]
        return api.call("POST", path, data=fields, files={"data": ("d", data)})
    if of_option(words, "--data-binary"):
        return api.call("POST", path, content=speech(2))
    return api.get(path)


def test_the_loop_with_curl_makes_everything_in_its_project(sqlite_api):
    made = {"a base model": sqlite_api.base()["self"]}

    for words in commands():
        known = [re.sub(r"<self of ([^>]+)>", lambda name: made[name[1]], word) for word in words]
        filled = [word.replace("<id of the endpoint>", made.get("Mine", "").rpartition("/")[2]) for word in known]
        answer = sent(sqlite_api, filled)
        assert answer.status_code in {200, 201}, (words, answer.text)
        if name := answer.json().get("displayName"):
            made[name] = answer.json()["self"]
            sqlite_api.bench.work_off()

    counts = sqlite_api.get(made["My Project"]).json()["properties"]
    wanted = {"datasetCount": 2, "modelCount": 1, "evaluationCount": 1, "transcriptionCount": 2, "endpointCount": 1}
    assert counts == wanted
