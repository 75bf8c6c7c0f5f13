"""Handlers of web hooks. Lists of deliveries and their replay are ours; the contract has no log of what was sent."""

from speechsmith.api import generic, pings, views
from speechsmith.api.call import Answer, Call
from speechsmith.domain.errors import Invalid
from speechsmith.domain.webhooks import WebHook
from speechsmith.services import entities, webhooks
from speechsmith.wire.v3_2 import WebHookProperties


def create(call: Call) -> Answer:
    """WebHooks_Create."""
    body = call.body
    new = webhooks.NewWebHook(
        display_name=body.display_name,
        description=body.description or "",
        custom_properties=body.custom_properties,
        web_url=body.web_url,
        events=body.events,
        secret=_secret(body.properties),
        api_version=call.version.name,
        root=call.root,
    )
    return generic.shown(call, webhooks.create(call.ctx, call.resource.id, new), status=201)


def update(call: Call) -> Answer:
    """WebHooks_Update. Properties that are given without a secret end the signing; without properties it stays."""
    body = call.body
    for name, member in (("webUrl", "web_url"), ("events", "events")):
        if body.given(member) and getattr(body, member) is None:
            raise Invalid("InvalidParameterValue", f"{name} cannot be removed; leave it out to keep it.", target=name)
    change = webhooks.HookChange(
        web_url=body.web_url,
        events=body.events,
        secret=_secret(body.properties) if body.given("properties") else None,
    )
    labels = generic.change_of(body)
    return generic.shown(call, webhooks.update(call.ctx, call.resource.id, call.id, labels, change))


def ping(call: Call) -> Answer:
    """WebHooks_Ping: the hook is sent as GET shows it in the version of the hook."""
    hook = entities.get(call.ctx, call.resource.id, WebHook, call.id)
    webhooks.ping(call.ctx, call.resource.id, call.id, pings.body_of(hook, call.root))
    return _accepted()


def test(call: Call) -> Answer:
    """WebHooks_Test; 204 when there is no entity for any of the events."""
    return _accepted() if webhooks.test(call.ctx, call.resource.id, call.id) else Answer(204)


def list_deliveries(call: Call) -> Answer:
    """WebHooks_ListDeliveries, newest first."""
    skip, top = call.page()
    if "filter" in call.query:
        raise Invalid("UnsupportedFilter", "The log of deliveries has no filter; leave it out.", target="filter")
    page = webhooks.deliveries(call.ctx, call.resource.id, call.id, skip=skip, top=top)
    values = [views.delivery(call, delivery) for delivery in page.values]
    return Answer(200, call.listing(values, has_more=page.has_more))


def get_delivery(call: Call) -> Answer:
    """WebHooks_GetDelivery."""
    found = webhooks.delivery(call.ctx, call.resource.id, call.id, call.ids["delivery_id"])
    return Answer(200, views.delivery(call, found))


def replay(call: Call) -> Answer:
    """WebHooks_ReplayDelivery."""
    again = webhooks.replay(call.ctx, call.resource.id, call.id, call.ids["delivery_id"])
    return Answer(202, views.delivery(call, again), generic.soon())


def _accepted() -> Answer:
    return Answer(202, headers=generic.soon())


def _secret(properties: WebHookProperties | None) -> str:
    return (properties and properties.secret) or ""
