"""The page on which somebody speaks to an endpoint, and sees what it hears. It speaks as the Speech SDKs do."""

import json

from speechsmith.api.studio.nouns import ENDPOINT
from speechsmith.api.studio.visit import Answer, Sent, Shown, Visit
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.services import endpoints, passes


def show(visit: Visit) -> Answer:
    """The page; where the endpoint answers nobody, why, and what to do."""
    project, endpoint = ENDPOINT.found(visit)
    values = {**ENDPOINT.values(project, endpoint), "is_able": True}
    try:
        notice = endpoints.serving(visit.ctx, visit.resource.id, endpoint.id).notice
    except Invalid as error:
        values["is_able"], notice = False, error.message
    except Conflict:
        values["is_able"], notice = False, ""  # its state says it all
    return Shown("endpoint_try.html", values | {"notice": notice})


def token(visit: Visit) -> Answer:
    """What lets the page speak for ten minutes, so that no key has to be in it. Raises: NotFound, Conflict."""
    _, endpoint = ENDPOINT.found(visit)
    endpoints.serving(visit.ctx, visit.resource.id, endpoint.id)
    told = {"token": passes.recognition_token(visit.ctx, visit.resource.id)}
    return Sent(json.dumps(told).encode(), "token.json", "application/json")
