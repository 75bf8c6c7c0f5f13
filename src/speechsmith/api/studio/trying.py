"""The page on which somebody speaks to an endpoint, and sees what it hears. It speaks as the Speech SDKs do."""

import json

from speechsmith.api.studio.nouns import ENDPOINT
from speechsmith.api.studio.visit import Answer, Sent, Shown, Visit
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.services import endpoints, passes


def show(visit: Visit) -> Answer:
    """The page; where the endpoint answers nobody, why."""
    project, endpoint = ENDPOINT.found(visit)
    try:
        refusal = endpoints.serving(visit.ctx, visit.resource.id, endpoint.id).notice
        is_able = True
    except (Conflict, Invalid) as error:
        refusal, is_able = error.message, False
    return Shown("endpoint_try.html", {**ENDPOINT.values(project, endpoint), "is_able": is_able, "notice": refusal})


def token(visit: Visit) -> Answer:
    """What lets the page speak for ten minutes, so that no key has to be in it. Raises: NotFound, Conflict."""
    _, endpoint = ENDPOINT.found(visit)
    endpoints.serving(visit.ctx, visit.resource.id, endpoint.id)
    told = {"token": passes.recognition_token(visit.ctx, visit.resource.id)}
    return Sent(json.dumps(told).encode(), "token.json", "application/json")
