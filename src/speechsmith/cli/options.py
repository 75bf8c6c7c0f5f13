"""What an option and a command are: the row types of `table/`, and the spellings under which an option is known.

An option's spelling is a list of words; words in brackets may be left out; `|` separates alternatives:

    output json [file]          --output json FILE    --output-json FILE    --output.json.file FILE
    language | locale           --language en-US      --Locale en-US

Every option may also carry the names of its group and of its noun in front (`--csr output json FILE`, `--model name
NAME`), as the published tool allows.
Spellings are compared by their letters alone: `--api-version`, `--api version`, `--apiVersion` are one.
"""

from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from itertools import product

GROUPS = ("csr", "batch")
COLLECTIONS = {
    "project": "projects",
    "dataset": "datasets",
    "model": "models",
    "evaluation": "evaluations",
    "endpoint": "endpoints",
    "transcription": "transcriptions",
    "webhook": "webhooks",
    "operation": "operations",
}


class Kind(Enum):
    """How many words an option takes, and what is made of them."""

    TEXT = auto()  # one; @FILE stands for what the file holds
    TEXTS = auto()  # the same; repeated options add up
    NUMBER = auto()  # one, a whole number
    LIST = auto()  # one, a;b;c or @FILE with one a line; repeated options add up
    PAIRS = auto()  # NAME=VALUE or NAME VALUE; repeated options add up
    FLAG = auto()  # none
    SWITCH = auto()  # none, or true or false
    WAIT = auto()  # none, or milliseconds
    INPUT = auto()  # one, the name of a file to read
    OUTPUT = auto()  # one, the name of a file to write
    TARGET = auto()  # none, which is standard output, or the name of a file to write
    WORDS = auto()  # those up to the next option, joined by blanks; repeated options add up
    COUNT = auto()  # none, or a whole number
    EACH = auto()  # NAME;NAME in LIST, as one word or as three
    REFUSED = auto()  # published, but not done here: `help` is the sentence that says why and what to do instead


def squash(words: str) -> str:
    """The letters and digits of a spelling, in lower case: what spellings are compared by. `once+` is not `once`."""
    return "".join(sign for sign in words.casefold() if sign.isalnum() or sign == "+")


@dataclass(frozen=True)
class Option:
    """One option. `field` is where its value goes: an argument of the client call, `properties.NAME` for a member of
    the properties, or a name that the verb knows."""

    spelling: str
    kind: Kind
    metavar: str
    help: str
    field: str

    @cached_property
    def name(self) -> str:
        """The plain name, `output-json`: the required words of the first spelling."""
        first = self.spelling.split("|")[0].split()
        return "-".join(word for word in first if not word.startswith("["))

    @cached_property
    def keys(self) -> frozenset[str]:
        """All spellings, squashed."""
        found = set()
        for alternative in self.spelling.split("|"):
            words = [("", word.strip("[]")) if word.startswith("[") else (word,) for word in alternative.split()]
            found |= {squash("".join(chosen)) for chosen in product(("", *GROUPS), *words)}
        return frozenset(found)

    @property
    def words(self) -> tuple[str, ...]:
        """What the value may be, where that is one of a few words."""
        return tuple(self.metavar.strip("[]").split("|")) if "|" in self.metavar else ()

    @property
    def usage(self) -> str:
        """How a help page shows it: `--output json FILE`."""
        return f"--{self.name.replace('-', ' ')}" + (f" {self.metavar}" if self.metavar else "")


@dataclass(frozen=True)
class Command:
    """One command: where it stands in the tree, what it takes, and the function in `verbs/` that does it."""

    path: tuple[str, ...]
    summary: str
    verb: str  # `module:function`
    options: tuple[Option, ...]
    example: str
    required: tuple[str, ...] = ()
    argument: str = ""  # the metavar of words that are no options, where the command takes some
    version: str = ""  # of the API, if none is given and the usual one has not what the command asks for

    @property
    def noun(self) -> str:
        """What it works on: `model`, or "" for a command that works on several kinds of thing."""
        return self.path[-2] if len(self.path) > 1 and self.path[-2] in COLLECTIONS else ""

    @property
    def collection(self) -> str:
        """The same in the plural: what the client calls it."""
        return COLLECTIONS.get(self.noun, "")

    @cached_property
    def by_key(self) -> dict[str, Option]:
        """Its options, by each of their spellings; where two could be meant it is the one without the noun."""
        known = {key: option for option in self.options for key in option.keys}
        fronts = [f"{group}{self.noun}" for group in ("", *GROUPS)] if self.noun else []
        return {f"{front}{key}": option for front in fronts for key, option in known.items()} | known

    @property
    def taken(self) -> tuple[Option, ...]:
        """The options that can be given, without those that are refused."""
        return tuple(option for option in self.options if option.kind is not Kind.REFUSED)
