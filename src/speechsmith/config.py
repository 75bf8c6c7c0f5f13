"""Every setting of the service, its default and its one sentence; read once, from the environment, in `main`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from speechsmith import machine

DATABASE, BLOBS, TLS, WORKERS, LOCK = "speechsmith.db", "blobs", "tls", "workers", "service.lock"
CAPACITY = "capacity.json"
"""What lies where in a home: the SQLite file, three folders, the file that a running service holds, and what
`speechsmith capacity` has found."""

STREAMS_PER_CORE = 2
"""Live streams that a core holds where nobody has measured it (docs/benchmarks.md)."""


def default_home() -> Path:
    """Where a service without other orders keeps its data."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "speechsmith"


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"sentence": sentence})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field, one setting: the environment variable is SPEECHSMITH_ and its name in capitals."""

    home: Path = field(
        default_factory=default_home, metadata={"sentence": "The folder for the database, the blobs and scratch files."}
    )
    database_url: str = _setting(
        "", "A PostgreSQL URL, `postgresql://USER:PASSWORD@HOST/DATABASE`; empty: SQLite inside home."
    )
    blob_url: str = _setting(
        "", "Where blobs are kept, as an obstore URL such as `s3://BUCKET/PATH`; empty: a folder inside home."
    )
    region: str = _setting("local", "The region of resources that are made without one.")
    public_url: str = _setting("", "How clients reach the service; empty: as the request says.")
    workers: int = _setting(
        1, "How many jobs run at once; beside so many long ones an import, a deployment or a copy has a place."
    )
    decode_processes: int = _setting(0, "How many processes decode; 0: one for each core.")
    most_live_streams: int = _setting(
        0,
        "How many live streams are listened to at once; 0: what `speechsmith capacity --home` has found, else two for "
        "each core.",
    )
    most_live_streams_each: int = _setting(
        0, "How many of them one resource may have at once; 0: as many as there are."
    )
    expiry_policy: str = _setting(
        "never", "When models end: `never`, `azure` (by quarters, after one and two years), or a date, as `2027-12-31`."
    )
    peers: str = _setting(
        "",
        "Other Speechsmith servers to exchange models with: region, address and perhaps `trusted` of each, with commas "
        "between.",
    )
    allow_private_urls: bool = _setting(
        False, "Whether links of users (contentUrls, containers, web hooks) may lead to private addresses."
    )
    new_resources: bool = _setting(
        False,
        "Whether people in Studio may make a Speech resource, a tenant, to copy a model into; else only who runs the "
        "service makes them.",
    )
    max_upload_bytes: int = _setting(
        2 * 1024**3, "The most data of one dataset, and of each recording that a transcription fetches, in bytes."
    )
    max_unpacked_bytes: int = _setting(20 * 1024**3, "The most an archive may unpack to.")
    max_requests: int = _setting(
        0, "How many requests of the management API a resource may send in each window; 0: as many as it likes."
    )
    request_window_s: float = _setting(10.0, "How long such a window is, in seconds.")
    max_entities: str = _setting(
        "", "How many entities a resource may have, such as `datasets=500, models=100`; what is not named: any number."
    )
    max_file_bytes: str = _setting(
        "",
        "The most data of a dataset by its kind, such as `Language=1610612736`; else 200 MiB of Language and "
        "LanguageMarkdown, 1 MiB of Pronunciation, 10 MiB of OutputFormatting, and of others what an upload may have.",
    )
    max_training_hours: float = _setting(
        0.0, "The most hours of audio that one model is trained with; 0: as much as there is."
    )
    max_audio_hours: float = _setting(24.0, "The longest recording that is transcribed.")
    log_retention_days: int = _setting(
        30, "How many days logs of requests are kept; 0: until they are deleted by their owner."
    )
    job_stall_s: float = _setting(1800.0, "A job that reports nothing for so long is stopped.")
    learning_curve: bool | None = _setting(
        None,
        "Whether training on speech also measures what less speech would have done, for the model's report; auto: if "
        "there is a minute of it.",
    )

    general_speech: str = _setting(
        "",
        "A folder with audio/ and trans.txt, speech of no trade: what each new model loses on about the first 300 s of "
        "it is reported. Audio that cannot be read is left out.",
    )

    @property
    def processes(self) -> int:
        """How many processes decode at once."""
        return self.decode_processes or machine.here().cores

    @property
    def live_streams(self) -> int:
        """How many live streams are listened to at once, where nothing was measured."""
        return self.most_live_streams or STREAMS_PER_CORE * machine.here().cores

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, which may not be there yet; None where the database is elsewhere."""
        return None if self.database_url else self.home / DATABASE

    @property
    def blob_folder(self) -> Path | None:
        """The folder of the blobs, which may not be there yet; None where they are in an object store."""
        if "://" in self.blob_url and not self.blob_url.startswith("file://"):
            return None
        return Path(self.blob_url.removeprefix("file://") or self.home / BLOBS)


def from_environment(environment: Mapping[str, str], **given: object) -> Settings:
    """The settings, from SPEECHSMITH_… variables; what is `given` and not None wins. The home is an absolute path.

    Raises: ValueError naming the variable that cannot be read.
    """
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        name = f"SPEECHSMITH_{setting.name.upper()}"
        if (text := environment.get(name)) is not None:
            try:
                values[setting.name] = _READ[setting.type](text)
            except (KeyError, ValueError):
                raise ValueError(f"{name}={text!r} does not fit: {setting.metadata['sentence']}") from None
    values |= {name: value for name, value in given.items() if value is not None}
    settings = Settings(**values)
    return replace(settings, home=settings.home.absolute())


def _boolean(text: str) -> bool:
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[text.lower()]


def _boolean_or_auto(text: str) -> bool | None:
    return None if text.lower() == "auto" else _boolean(text)


_READ: dict[Any, Callable[[str], Any]] = {
    Path: Path,
    str: str,
    int: int,
    float: float,
    bool: _boolean,
    bool | None: _boolean_or_auto,
}


def reference() -> str:
    """The page of all settings, as Markdown."""
    rows = []
    for setting in fields(Settings):
        default = "the user's data folder" if setting.name == "home" else setting.default
        default = "auto" if default is None else default
        shown = "" if default == "" else f"`{default}`" if setting.name != "home" else str(default)
        rows.append(f"| `SPEECHSMITH_{setting.name.upper()}` | {shown} | {setting.metadata['sentence']} |")
    return "\n".join(
        [
            "# Settings",
            "",
            "Each is an environment variable of the service and its workers, read once at the start.",
            "",
            "| variable | default | what it sets |",
            "| --- | --- | --- |",
            *rows,
            "",
            "Processes that use PocketSphinx read one more: `SPEECHSMITH_CACHE`, the folder for what they can make",
            "again, which is how new words are spoken, learned from a lexicon. Unset it is `speechsmith` in the user's",
            "cache folder. `spx` has [variables of its own](spx.md#which-service-which-key).",
            "",
        ]
    )


if __name__ == "__main__":
    print(reference(), end="")
