"""The task that has a peer copy a model: tell it where the bundle is, and hear how far it is.

The peer is told the same each time, so asking again does nothing but ask. It says nothing of what it has but the copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from speechsmith.asr.types import Progress
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure
from speechsmith.net.peers import Peer, PeerSilent, call
from speechsmith.tasks.base import TaskError


@dataclass(frozen=True, slots=True)
class SendModel:
    """Whom to tell, and what."""

    peer: Peer
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far the copy is there."""

    copy_id: UUID
    base_model_id: UUID
    status: Status
    created_at: datetime
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """The peer did not answer; the sentence says how."""

    reason: str


def run(task: SendModel, _out: Path, progress: Progress) -> Told | Silent:
    """Raises: TaskError when the peer refuses."""
    progress("Waiting for the target", 0.5)
    try:
        return ask(task.peer, task.request)
    except PeerSilent as error:
        return Silent(str(error))


def ask(peer: Peer, request: Mapping[str, Any]) -> Told:
    """Raises: TaskError with the reason of a peer that refuses, PeerSilent."""
    said = call(peer, "/copies", request)
    if said.status >= 400:
        inner = said.body.get("innerError") or said.body
        code, message = str(inner.get("code") or said.body.get("code") or "InvalidRequest"), said.body.get("message")
        told = str(message)[:1_000] if message else f"It answered with the status {said.status}."
        raise TaskError(code[:60], f"The target refuses: {told}")
    try:
        error = said.body.get("error")
        return Told(
            copy_id=UUID(said.body["modelId"]),
            base_model_id=UUID(said.body["baseModelId"]),
            status=Status(said.body["status"]),
            created_at=datetime.fromisoformat(said.body["createdDateTime"]),
            failure=None if error is None else Failure(str(error["code"])[:60], str(error["message"])[:1_000]),
        )
    except (KeyError, TypeError, ValueError):
        raise PeerSilent(f"{peer.url} does not answer as a Speechsmith server does.") from None
