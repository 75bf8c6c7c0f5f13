"""What a resource may do and what it has done, for whoever holds its key. Ours; the published contract has it not."""

from typing import Any

from speechsmith.api.call import Answer, Call
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.values import format_duration
from speechsmith.services.limits import COUNTED, largest_upload, used


def get(call: Call) -> Answer:
    """Limits_Get. A limit that there is not is left out."""
    limits, counts = call.meter.limits, used(call.ctx, call.resource.id)
    requests = {
        "limit": limits.requests,
        "window": format_duration(limits.window),
        "used": call.meter.used(call.resource.id, call.ctx.now()),
    }
    body = {
        "requests": requests if limits.requests is not None else {},
        "entities": {
            collection: _present(limit=limits.entities.get(kind), used=counts[collection])
            for collection, kind in COUNTED.items()
        },
        "datasetBytes": {
            str(kind): {"limit": largest_upload(call.ctx.settings, kind)}
            for kind in filter(call.version.knows, CorpusKind)
        },
        "trainingAudio": {} if limits.training_audio is None else {"limit": format_duration(limits.training_audio)},
    }
    return Answer(200, body)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
