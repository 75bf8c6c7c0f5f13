"""Pages of a Speech resource itself: what it is, what it may have and has, and its keys."""

from speechsmith.api.studio.visit import Answer, Shown, Visit
from speechsmith.api.studio.words import KINDS
from speechsmith.domain.errors import NotFound
from speechsmith.services import limits, resources

NOUNS = {
    "projects": "Projects",
    "datasets": "Speech datasets",
    "models": "Custom models",
    "evaluations": "Tests",
    "endpoints": "Endpoints",
    "transcriptions": "Batch transcriptions",
    "editions": "Editor datasets",
    "webhooks": "Web hooks",
}
"""What Studio calls the collections of the contract."""


def show(visit: Visit) -> Answer:
    """What the resource is, and what it may have and has."""
    known, used = limits.limits_of(visit.ctx.settings), limits.used(visit.ctx, visit.resource.id)
    values = {
        "address": visit.root,
        "used": [(NOUNS[name], used[name], known.entities.get(kind)) for name, kind in limits.COUNTED.items()],
        "uploads": [(label, limits.largest_upload(visit.ctx.settings, kind)) for kind, label in KINDS.items()],
        "requests": known.requests,
        "window_s": known.window.total_seconds(),
        "training_hours": known.training_audio and known.training_audio.total_seconds() / 3600,
    }
    return Shown("settings.html", values)


def last_look(visit: Visit) -> Answer:
    """What renewing a key would do. Raises: NotFound."""
    return Shown("key_renew.html", {"number": _number(visit), "key": None})


def renew(visit: Visit) -> Answer:
    """Renew a key, and show it; nobody can read it again. Raises: NotFound."""
    number = _number(visit)
    key = resources.rotate_key(visit.ctx, name=visit.resource.name, which=1 if number == 1 else 2)
    return Shown("key_renew.html", {"number": number, "key": key})


def _number(visit: Visit) -> int:
    if visit.number not in (1, 2):
        raise NotFound("key", visit.number)
    return visit.number
