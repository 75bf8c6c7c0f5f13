"""Where the command line keeps small texts: `./.spx` for a folder of work, the user's own folder, and the machine's.

A text is one file, named as it is asked for: `@key`, `@region`, `@endpoint`, or any `@@FILE` that an answer is kept in.
Reading looks in the working folder itself, then in the hives in this order; the first one found counts:

    local   ./.spx
    user    $SPEECHSMITH_HOME/spx, else `speechsmith` where the system keeps configurations (~/.config on Linux)
    global  /usr/local/etc/speechsmith          for everybody on this machine; written by whoever may
    system  /etc/speechsmith

In each hive, a text of the command that is run (`commands/csr.model/NAME`) comes before one of the region that is in
force (`regions/westus2/NAME`), and that before one for all.

A working folder may come from somebody else. So nothing in `./.spx` is a link: a link named `key` could make any file
of the user's a "key of this folder", and one that is written to could lead anywhere.
"""

import fnmatch
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

LOCAL, USER, GLOBAL, SYSTEM, HERE = "local", "user", "global", "system", "."
_MACHINE = {GLOBAL, SYSTEM}
_LOCAL = Path(".spx")
_SECRET = re.compile(r"(.*[.-])?(key|token|secret|password)")
_RESERVED = {"", ".", "..", "commands", "regions"}
_SCOPE = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True)
class Scope:
    """For which command (`("csr", "model")`, and all below it) and for which region a text is kept; empty: for all.

    Raises: UsageError: a name could lead out of the hive.
    """

    command: tuple[str, ...] = ()
    region: str = ""

    def __post_init__(self) -> None:
        for named in (*self.command, self.region):
            if named and not _SCOPE.fullmatch(named):
                raise click.UsageError(f"'{named}' is neither a command nor a region; one looks like csr or westus2.")

    @property
    def folder(self) -> Path:
        """Where such a text lies in a hive."""
        command = Path("commands", ".".join(self.command)) if self.command else Path()
        return command / "regions" / self.region if self.region else command

    def looked_at(self) -> Iterator[Path]:
        """The folders that count for a command and a region, the most special first."""
        for length in range(len(self.command), -1, -1):
            for region in dict.fromkeys((self.region, "")):
                yield Scope(self.command[:length], region).folder


ALL = Scope()


def is_secret(name: str) -> bool:
    """Whether what is kept under this name is to be shown to nobody."""
    return bool(_SECRET.fullmatch(name.lstrip("@").casefold()))


def folders() -> dict[str, Path]:
    """The hives, in the order in which they are looked at."""
    home = os.environ.get("SPEECHSMITH_HOME")
    user = Path(home) / "spx" if home else Path(click.get_app_dir("speechsmith"))
    return {LOCAL: _LOCAL, USER: user, **machine_folders()}


def machine_folders() -> dict[str, Path]:
    """The hives of everybody on this machine."""
    if sys.platform == "win32":
        return {
            GLOBAL: Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), "speechsmith", "spx"),
            SYSTEM: Path(sys.prefix, "etc", "speechsmith"),
        }
    shared = "/Library/Application Support" if sys.platform == "darwin" else "/usr/local/etc"
    return {GLOBAL: Path(shared, "speechsmith"), SYSTEM: Path("/etc/speechsmith")}


def find(name: str) -> Path | None:
    """The file that `@name` in a value stands for, if there is one. Raises: UsageError: it is a link in ./.spx."""
    bare = name.lstrip("@")
    return Path(bare) if os.path.isfile(bare) else find_kept(bare)


def find_kept(name: str, scope: Scope = ALL) -> Path | None:
    """The file that a kept text is in, if there is one; a file of that name in the working folder does not count.

    Raises: UsageError: it is a link in ./.spx.
    """
    return next(kept(name, scope), None)


def kept(name: str, scope: Scope = ALL) -> Iterator[Path]:
    """All files that a text is kept in, the one that counts first. Raises: UsageError: one is a link in ./.spx."""
    bare = name.lstrip("@")
    if not _is_name(bare):
        return
    for hive, folder in folders().items():
        for special in scope.looked_at():
            path = folder / special / bare
            # What the machine's ruler keeps for himself alone is not there for others.
            if os.path.isfile(path) and (hive not in _MACHINE or os.access(path, os.R_OK)):
                yield _own(path)


def search(pattern: str, *, region: str = "*", command: str = "*") -> Iterator[tuple[str, Path]]:
    """All texts of a name, in all hives, as (hive, file); `*` stands for any part of a name, a region or a command."""
    for hive, folder in folders().items():
        for path in sorted(folder.rglob("*")):
            where = path.relative_to(folder).parent.parts  # commands/csr.model/regions/westus2
            scope = dict(zip(where[::2], where[1::2], strict=False))
            if (
                path.is_file()
                and fnmatch.fnmatch(path.name, pattern.lstrip("@"))
                and fnmatch.fnmatch(scope.get("regions", ""), region)
                and fnmatch.fnmatch(scope.get("commands", ""), command)
            ):
                yield hive, path


def hive_of(path: Path) -> str:
    """The hive that a kept text lies in; "" if it is in none."""
    return next((name for name, folder in folders().items() if folder in path.parents), "")


def is_trusted(path: Path) -> bool:
    """Whether only the user, or who rules the machine, can have written a kept text.

    Not what lies in the working folder, where anybody may have put it; nor what others may write on this machine.
    """
    hive = hive_of(path)
    if hive == USER:
        return True
    if hive not in _MACHINE or not hasattr(os, "getuid"):
        return False
    return all(
        about.st_uid in {0, os.getuid()} and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        for about in (path.stat(), *(folder.stat() for folder in path.parents if hive_of(folder / "any") == hive))
    )


def is_meant(path: Path) -> bool:
    """Whether only the user can have meant the file behind an `@FILE`: it is trusted, or named by its whole path."""
    return is_trusted(path) or (path.is_absolute() and not hive_of(path))


def place(name: str, *, hive: str | None = None, scope: Scope = ALL) -> Path:
    """Where a text is to be kept: in the hive named, else where it is kept now, else in the user's. A secret without a
    hive is always the user's own: a folder that has a file of that name must not get it.

    Raises: UsageError: the name could lead out of the hive, there is no such hive, or a link is in the way.
    """
    bare = name.lstrip("@")
    if not _is_name(bare):
        raise click.UsageError(f"'{name}' cannot be kept; a name has letters, digits, dots and dashes, like @key.")
    if hive is not None and hive not in {HERE, *folders()}:
        known = ", ".join(f"{known} ({folder})" for known, folder in folders().items())
        raise click.UsageError(f"There is no hive '{hive}'; there are {known} and . (the working folder itself).")
    if hive == HERE:
        if scope != ALL:
            raise click.UsageError("In the working folder itself nothing is kept for a region or a command.")
        return Path(bare)
    if hive is None and not is_secret(bare):
        for folder in folders().values():
            if os.path.isfile(found := folder / scope.folder / bare):
                return _own(found)
    return _own(folders()[hive or USER] / scope.folder / bare)


def keep(path: Path, text: str) -> None:
    """Write a text that only its owner may read; one of the machine's is for everybody, unless it is a secret.

    Raises: UsageError: this user may not write there.
    """
    hive = hive_of(path)
    mode = 0o644 if hive in _MACHINE and not is_secret(path.name) else 0o600
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | (getattr(os, "O_NOFOLLOW", 0) if hive == LOCAL else 0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(path, flags, mode)
    except OSError as error:
        raise _unwritable(path, error) from error
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        path.chmod(mode)
        file.write(text)


def remove(path: Path) -> None:
    """Forget a text. Raises: UsageError: this user may not write there."""
    try:
        path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> click.UsageError:
    return click.UsageError(
        f"'{path}' cannot be written: {error.strerror or error}. Your own hive always can: --hive user."
    )


def read(name: str) -> str:
    """What `@name` stands for, without the last line's end. Raises: UsageError, if there is no such file."""
    path = find(name)
    if path is None:
        kept = ", ".join(str(folder) for folder in folders().values())
        raise click.UsageError(
            f"There is no file for '{name}'; looked for {name.lstrip('@')} here, and in {kept}. "
            f"`--output id @{name}` keeps an id in {_LOCAL} of the folder that the command is run in."
        )
    return text_of(path)


def text_of(path: Path) -> str:
    """The text in a file, without the last line's end. Raises: UsageError."""
    try:
        return path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"'{path}' cannot be read as text: {error}.") from error


def _is_name(bare: str) -> bool:
    """Whether a text can be kept under it, that is, whether it cannot lead out of a hive."""
    return bare.casefold() not in _RESERVED and Path(bare).name == bare and "\\" not in bare and bare.isprintable()


def _own(path: Path) -> Path:
    """A path in a hive as it is. Raises: UsageError: it is in ./.spx and leads elsewhere."""
    if hive_of(path) == LOCAL:
        for step in (path, *path.parents):
            if step.is_symlink():
                raise click.UsageError(f"'{step}' is a link, and what a working folder keeps may not lead elsewhere.")
    return path
