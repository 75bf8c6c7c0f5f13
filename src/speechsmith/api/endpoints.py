"""Handlers of endpoints."""

from speechsmith.api import generic
from speechsmith.api.call import Answer, Call
from speechsmith.api.references import optional_id
from speechsmith.domain.values import parse_time_to_live
from speechsmith.services import endpoints
from speechsmith.wire.v3_2 import EndpointProperties


def create(call: Call) -> Answer:
    """Endpoints_Create."""
    body = call.body
    properties = body.properties or EndpointProperties()
    new = endpoints.NewEndpoint(
        labels=generic.labels_of(body),
        model_id=optional_id(body.model, "models", target="model"),
        text=body.text,
        logging_enabled=bool(_logging(properties)),
        time_to_live=parse_time_to_live(properties.time_to_live) if properties.time_to_live else None,
    )
    return generic.shown(call, endpoints.create(call.ctx, call.resource.id, new, by=call.by), status=201)


def update(call: Call) -> Answer:
    """Endpoints_Update."""
    changed = endpoints.update(
        call.ctx,
        call.resource.id,
        call.id,
        generic.change_of(call.body),
        model_id=optional_id(call.body.model, "models", target="model"),
        logging_enabled=_logging(call.body.properties or EndpointProperties()),
        by=call.by,
    )
    return generic.shown(call, changed)


def suspend(call: Call) -> Answer:
    """Endpoints_Suspend."""
    return generic.shown(call, endpoints.suspend(call.ctx, call.resource.id, call.id, by=call.by))


def resume(call: Call) -> Answer:
    """Endpoints_Resume."""
    return generic.shown(call, endpoints.resume(call.ctx, call.resource.id, call.id, by=call.by))


def _logging(properties: EndpointProperties) -> bool | None:
    if properties.content_logging_enabled is not None:
        return properties.content_logging_enabled
    return properties.logging_enabled
