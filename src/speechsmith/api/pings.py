"""What a ping brings to a web hook, wherever it is asked for: the hook, as the contract shows it."""

from dataclasses import dataclass

import orjson

from speechsmith.api import views
from speechsmith.domain.webhooks import WebHook


@dataclass(frozen=True, slots=True)
class _Version:
    """A version, as somebody reaches it."""

    base: str


def body_of(hook: WebHook, root: str) -> str:
    """The hook, as GET shows it in its version to who reaches the service at `root`."""
    return orjson.dumps(views.webhook(_Version(f"{root}/speechtotext/{hook.api_version}"), hook)).decode()
