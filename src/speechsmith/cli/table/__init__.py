"""Every command of `spx` and every option it takes: the one table behind the parser, the help and the reference page.

A command that is to come is a row here, a function in `verbs/` if none of those there does it, and a row in
`tests/cli/test_lines.py`. Rows lie beside each other as in the tree of commands: `entities.py` has `csr` and `batch`.
"""

from speechsmith.cli.options import Command
from speechsmith.cli.table.config import COMPLETION, CONFIG, INIT
from speechsmith.cli.table.entities import ENTITIES
from speechsmith.cli.table.operation import OPERATION
from speechsmith.cli.table.recognize import RECOGNIZE
from speechsmith.cli.table.shared import COMMON
from speechsmith.cli.table.webhook import WEBHOOK

__all__ = ["COMMANDS", "COMMON", "GROUPS"]

COMMANDS: tuple[Command, ...] = (*ENTITIES, *WEBHOOK, *OPERATION, RECOGNIZE, CONFIG, INIT, COMPLETION)

GROUPS: dict[tuple[str, ...], str] = {
    ("csr",): "Custom Speech: projects, datasets, models, evaluations, endpoints.",
    ("csr", "project"): "Folders for everything that belongs together, in one locale.",
    ("csr", "dataset"): "Audio, text and rules to train with and to test on.",
    ("csr", "model"): "Base models, and your own trained from them.",
    ("csr", "evaluation"): "Two models measured on one dataset.",
    ("csr", "endpoint"): "Models that listen.",
    ("batch",): "Batch transcription.",
    ("batch", "transcription"): "Recordings written down in the background.",
    ("webhook",): "Addresses of yours that are told when something happens.",
    ("operation",): "Work that is no entity: the copying of models.",
}
