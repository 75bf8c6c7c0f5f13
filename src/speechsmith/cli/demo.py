"""`speechsmith demo`: the whole loop on a real service, through the same commands that a user types."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click

READY = "Speechsmith is ready: "


@dataclass(frozen=True, slots=True)
class Spx:
    """`spx`, in a process of its own, with the service's address and key in its environment."""

    environment: Mapping[str, str]

    def __call__(self, *words: str) -> Any:
        """Run a command; its answer is the JSON that it prints. Raises: click.ClickException when it fails."""
        click.secho(f"\n$ spx {' '.join(_quoted(word) for word in words)}", fg="cyan", err=True)
        command = [sys.executable, "-m", "speechsmith", "spx", *words]
        done = subprocess.run(command, env=dict(self.environment), stdout=subprocess.PIPE, check=False)
        if done.returncode:
            raise click.ClickException("The command above failed; its message says why.")
        return json.loads(done.stdout) if done.stdout.strip() else None


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of your own speech: test/ and train/, each with audio/ and trans.txt; "
    "train/related-text.txt and train/pronunciations.txt if you have them.",
)
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Keep the service's data here.")
def demo(data: Path | None, home: Path | None) -> None:
    """Train a custom model on sample speech, and show what it does to the word error rate.

    \b
    speechsmith demo
    speechsmith demo --data ./my-recordings
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: service and scratch go with it
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="speechsmith-demo-")))
        if data is None:
            data = stack.enter_context(as_file(files("speechsmith") / "sample"))
            click.echo(
                "The sample speech is synthetic: the README says what it is; --data takes real recordings.", err=True
            )
        datasets = collect(data, scratch)
        started = time.monotonic()
        url = stack.enter_context(service(home or scratch / "home"))
        spx = Spx(environment_for(home or scratch / "home", url))
        evaluation = loop(spx, datasets)
    show(evaluation["properties"], time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class Upload:
    """One dataset to make: its kind in the contract, and its file."""

    name: str
    kind: str
    path: Path


def collect(data: Path, scratch: Path) -> dict[str, list[Upload]]:
    """The datasets that a folder holds, for training and for the test. Raises: click.ClickException."""
    if not (data / "test" / "trans.txt").is_file():
        raise click.ClickException(
            f"{data} has no test/trans.txt: the recordings to test with, and what is said in them."
        )
    training = []
    if (data / "train" / "trans.txt").is_file():
        training.append(Upload("training audio", "Acoustic", _zipped(data / "train", scratch / "train.zip")))
    for file, kind in (("related-text.txt", "Language"), ("pronunciations.txt", "Pronunciation")):
        if (data / "train" / file).is_file():
            training.append(Upload(file.removesuffix(".txt"), kind, data / "train" / file))
    if not training:
        raise click.ClickException(
            f"{data}/train has nothing to learn from: trans.txt with audio, or related-text.txt."
        )
    return {
        "training": training,
        "test": [Upload("test audio", "Acoustic", _zipped(data / "test", scratch / "test.zip"))],
    }


def _zipped(folder: Path, target: Path) -> Path:
    """Audio and transcripts as one archive, flat, as the service takes them. Raises: click.ClickException."""
    if not (folder / "audio").is_dir():
        raise click.ClickException(f"{folder} has no folder audio: the recordings that its trans.txt names.")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted((folder / "audio").iterdir()):
            archive.write(path, path.name)
        archive.write(folder / "trans.txt", "trans.txt")
    return target


@contextlib.contextmanager
def service(home: Path) -> Iterator[str]:
    """A real service on a free port, with its log in its home. Raises: click.ClickException when it does not start."""
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "speechsmith", "serve", "--home", str(home), "--port", "0"]
    click.secho("$ speechsmith serve", fg="cyan", err=True)
    with (
        (home / "service.log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, encoding="utf-8") as process,
    ):
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if line.startswith(READY)), None)
            if line is None:
                reason = (home / "service.log").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise click.ClickException(f"The service did not start:\n{reason}")
            click.echo(line.strip(), err=True)
            yield line.removeprefix(READY).strip()
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=40)
            process.kill()


def environment_for(home: Path, url: str) -> dict[str, str]:
    """A resource of its own for the demo, as `spx` wants to know it."""
    name = f"demo {time.time_ns()}"
    command = [sys.executable, "-m", "speechsmith", "resource", "create", "--home", str(home), "--name", name, "--json"]
    made = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return os.environ | {"SPEECHSMITH_ENDPOINT": url, "SPEECHSMITH_KEY": made["key1"]}


def loop(spx: Spx, datasets: Mapping[str, list[Upload]]) -> Any:
    """Project, datasets, model, evaluation, endpoint: what a user does, in that order."""
    common = ("--api-version", "v3.2", "--language", "en-US")
    project = spx("csr", "project", "create", *common, "--name", "Demo")["self"]

    def upload(item: Upload) -> str:
        words = ("--name", item.name, "--kind", item.kind, "--data", str(item.path), "--project", project, "--wait")
        return str(spx("csr", "dataset", "upload", *common, *words)["self"])

    test = [upload(item) for item in datasets["test"]]
    training = [upload(item) for item in datasets["training"]]
    base = spx("csr", "model", "list", "--base", "--api-version", "v3.2")["values"][-1]["self"]
    words = ["--name", "Demo model", "--project", project, "--datasets", ";".join(training), "--wait"]
    model = spx("csr", "model", "create", *common, *words)["self"]
    words = ["--name", "Demo test", "--project", project, "--model1", base, "--model2", model, "--dataset", test[0]]
    evaluation = spx("csr", "evaluation", "create", *common, *words, "--wait")
    spx(
        "csr",
        "endpoint",
        "create",
        *common,
        "--name",
        "Demo endpoint",
        "--project",
        project,
        "--model",
        model,
        "--wait",
    )
    return evaluation


def show(properties: Mapping[str, Any], seconds: float) -> None:
    """The table of errors, and the one line that scripts read."""
    click.echo()
    click.echo(f"{'':14}{'WER':>8}{'95 % range':>18}{'words':>8}{'subst.':>8}{'deleted':>9}{'inserted':>10}")
    for name, number in (("base model", 1), ("custom model", 2)):
        interval = properties.get(f"wordErrorRateInterval{number}")  # of fewer than five utterances there is none
        spread = f"{100 * interval['low']:.1f} to {100 * interval['high']:.1f} %" if interval else "n/a"
        click.echo(
            f"{name:14}{100 * properties[f'wordErrorRate{number}']:>6.1f} %{spread:>18}"
            f"{properties[f'wordCount{number}']:>8}{properties[f'wordSubstitutionCount{number}']:>8}"
            f"{properties[f'wordDeletionCount{number}']:>9}{properties[f'wordInsertionCount{number}']:>10}"
        )
    for warning in properties.get("warnings", []):
        click.secho(f"Note: {warning}", fg="yellow")
    click.echo(f"\nThe loop took {seconds:.0f} seconds.")
    base, custom = (100 * properties[f"wordErrorRate{number}"] for number in (1, 2))
    click.echo(f"demo: base WER {base:.1f} %, custom WER {custom:.1f} %")
