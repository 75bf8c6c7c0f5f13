"""Where the command line keeps small texts: `./.spx` for a folder of work, and the user's own configuration folder.

A text is one file, named as it is asked for: `@key`, `@region`, `@endpoint`, or any `@@FILE` that an answer is kept in.
Reading looks in the working folder itself, then in `./.spx`, then in the user's folder; the first one found counts. The
user's folder is `$SPEECHSMITH_HOME/spx` if that variable is set, else `speechsmith` where the system keeps
configurations (`~/.config` on Linux).
"""

import os
from pathlib import Path

import click

SECRETS = {"key"}
_LOCAL = Path(".spx")


def user_folder() -> Path:
    """The hive that follows the user everywhere."""
    home = os.environ.get("SPEECHSMITH_HOME")
    return Path(home) / "spx" if home else Path(click.get_app_dir("speechsmith"))


def find(name: str) -> Path | None:
    """The file that `@name` in a value stands for, if there is one."""
    bare = name.lstrip("@")
    return next((path for path in (Path(bare), *_kept(bare)) if path.is_file()), None)


def find_kept(name: str) -> Path | None:
    """The file that a kept text is in, if there is one; a file of that name in the working folder does not count."""
    return next((path for path in _kept(name.lstrip("@")) if path.is_file()), None)


def is_local(path: Path) -> bool:
    """Whether a kept text lies in the working folder, where anybody may have put it."""
    return path.parent == _LOCAL


def place(name: str, *, hive: str | None = None) -> Path:
    """Where a text is to be kept: where it is kept now, else in the hive named (`local` or `user`, the default).

    Raises: UsageError: the name could lead out of the hive, or there is no such hive.
    """
    bare = name.lstrip("@")
    if not bare or bare in {".", ".."} or Path(bare).name != bare or "\\" in bare:
        raise click.UsageError(f"'{name}' cannot be kept; a name has letters, digits, dots and dashes, like @key.")
    if hive is not None and hive not in {"local", "user"}:
        raise click.UsageError(f"There is no hive '{hive}'; there are local (./.spx) and user ({user_folder()}).")
    if hive is None and (found := find_kept(bare)):
        return found
    return (_LOCAL if hive == "local" else user_folder()) / bare


def keep(path: Path, text: str) -> None:
    """Write a text that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)
    path.chmod(0o600)


def read(name: str) -> str:
    """What `@name` stands for, without the last line's end. Raises: UsageError, if there is no such file."""
    path = find(name)
    if path is None:
        raise click.UsageError(
            f"There is no file for '{name}'; looked for {name.lstrip('@')} here, in {_LOCAL} and in {user_folder()}. "
            f"`--output id @{name}` keeps an id in {_LOCAL} of the folder that the command is run in."
        )
    try:
        return path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"'{path}' cannot be read as text: {error}.") from error


def setting(name: str) -> str | None:
    """The default kept as `@name`, if there is one."""
    return read(str(found)) if (found := find_kept(name)) else None


def _kept(bare: str) -> tuple[Path, Path]:
    return _LOCAL / bare, user_folder() / bare
