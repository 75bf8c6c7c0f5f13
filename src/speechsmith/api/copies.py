"""Handlers of copies of models."""

from dataclasses import replace

from speechsmith.api import generic, views
from speechsmith.api.call import Answer, Call
from speechsmith.domain.copies import CopyAuthorization, CopyOperation
from speechsmith.services import arrivals, copies, copying, entities
from speechsmith.wire import v3_2 as wire


def authorize(call: Call) -> Answer:
    """Models_AuthorizeCopy, called on the target."""
    made = arrivals.authorize(call.ctx, call.resource, call.body.source_resource_id, endpoint=call.root)
    return Answer(200, copying.members(made))


def authorization_of(body: wire.CopyAuthorization) -> CopyAuthorization:
    """An authorization as it came in."""
    return CopyAuthorization(
        id=body.id,
        source_resource_id=body.source_resource_id,
        target_resource_id=body.target_resource_id,
        target_region=body.target_resource_region,
        endpoint=body.target_resource_endpoint,
        expires_at=body.expiration_date_time,
    )


def copy(call: Call) -> Answer:
    """Models_Copy, called on the source."""
    operation = copies.copy(call.ctx, call.resource, call.id, authorization_of(call.body), root=call.root)
    shown = views.copy_operation(call, operation)
    return Answer(202, shown, {"Operation-Location": shown["self"]} | generic.soon())


def copy_to(call: Call) -> Answer:
    """Models_CopyTo, called on the source; the answer is the model of the target."""
    made = copies.copy_to(call.ctx, call.resource, call.id, call.body.target_subscription_key, root=call.root)
    there = call if made.endpoint is None else replace(call, root=made.endpoint)
    shown = views.custom_model(there, made.model)
    return Answer(201, shown, {"Location": shown["self"]})


def get(call: Call) -> Answer:
    """Operations_GetModelCopy."""
    operation = entities.get(call.ctx, call.resource.id, CopyOperation, call.id)
    return Answer(200, views.copy_operation(call, operation), generic.when_to_ask_again(call, operation))
