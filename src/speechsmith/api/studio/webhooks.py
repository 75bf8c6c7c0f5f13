"""Pages of web hooks: list, register, look at with the log of what was sent, edit, try, send again, delete."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from speechsmith.api import pings
from speechsmith.api.studio import forms
from speechsmith.api.studio.models import address_of
from speechsmith.api.studio.projects import REFUSALS, renaming
from speechsmith.api.studio.settings import NOUNS as COLLECTION_NAMES
from speechsmith.api.studio.visit import MOST_SHOWN, Answer, Goto, Shown, Visit
from speechsmith.domain.deliveries import Delivery, DeliveryState
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Invalid, SpeechError
from speechsmith.domain.status import Status
from speechsmith.domain.webhooks import CHALLENGE, COMPLETION, CREATION, DELETION, NOUNS, PING, PROCESSING, WebHook
from speechsmith.services import entities
from speechsmith.services import webhooks as cases
from speechsmith.services.deliveries import KEPT, MOST_KEPT
from speechsmith.services.limits import COUNTED

API_VERSION = "v3.2"
"""Of the addresses in what is sent to a hook that was made here."""

COLLECTIONS = {kind: name for name, kind in COUNTED.items()}

MOMENTS = {CREATION: "created", PROCESSING: "begun", COMPLETION: "done or failed", DELETION: "deleted"}
"""What can happen to an entity."""

OFFERED: Mapping[str, Mapping[str, str]] = {
    COLLECTION_NAMES[COLLECTIONS[kind]]: {f"{noun}{moment}": words for moment, words in MOMENTS.items()}
    for kind, noun in NOUNS.items()
}
"""The events to choose from, with what they are called, by the kind of entity."""

EVENTS = {event: f"{kind}: {words}" for kind, known in OFFERED.items() for event, words in known.items()}
EVENTS |= {PING: "Ping", CHALLENGE: "Challenge"}

USUAL = frozenset(f"{noun}{COMPLETION}" for noun in NOUNS.values())
"""The events that the form for a new one has ticked."""

STATES = {
    Status.NOT_STARTED: "Will be asked",
    Status.RUNNING: "Is asked",
    Status.SUCCEEDED: "Listens",
    Status.FAILED: "Failed",
}
"""Whether its receiver wants to be told, which it is asked for by a challenge."""

DONE = {
    "added": "The web hook is there. Its receiver is asked now whether it wants this.",
    "changed": "The web hook is changed.",
    "asked": "The receiver is asked again.",
    "pinged": "A ping is on its way; its line below tells what came of it.",
    "tested": "A test is on its way: one delivery for each event that there is something for.",
    "untested": "Nothing was sent: nothing that this hook is told of has happened yet. Send a ping instead.",
    "again": "The delivery is sent again.",
}
"""What is told of what was done just now, by the word in the query."""

SOON = timedelta(minutes=2)
"""A page that is looked at waits so long for what is sent again."""

_HERE = {
    "PATCH webUrl to be asked again.": "Ask again when that is mended.",
    "PATCH webUrl with the final address.": "Edit the web hook, and give it the final address.",
}
"""What failures tell programs to do, and what people do here."""


def show_list(visit: Visit) -> Answer:
    """The web hooks of a resource, with what was sent last to each."""
    page = entities.page(visit.ctx, visit.resource.id, WebHook, skip=visit.skip, top=MOST_SHOWN, newest_first=True)
    newest = cases.newest_deliveries(visit.ctx, visit.resource.id, [hook.id for hook in page.values])
    values = {
        "rows": [(hook, newest.get(hook.id)) for hook in page.values],
        "has_more": page.has_more,
        "busy": sum(not hook.status.is_final for hook in page.values),
        "listening": STATES,
        "summed": summed,
        "here": here,
        "words": EVENTS,
    }
    return Shown("webhooks.html", values)


def new(_visit: Visit) -> Answer:
    """The form for a new one."""
    return _new_form({}, USUAL)


def create(visit: Visit) -> Answer:
    """Register a web hook."""
    form = visit.form
    wish = cases.NewWebHook(
        display_name=form["displayName"],
        description=form["description"],
        web_url=form["webUrl"].strip(),
        events=_events(visit),
        secret=form["properties.secret"],
        api_version=API_VERSION,
        root=visit.root,
    )
    try:
        made = cases.create(visit.ctx, visit.resource.id, wish)
    except REFUSALS as error:
        return _new_form(form, form.all("events"), error)
    return Goto(f"{visit.base}/webhooks/{made.id}?done=added")


def show(visit: Visit) -> Answer:
    """A web hook, and the log of what it was sent."""
    hook = _found(visit)
    log = cases.deliveries(visit.ctx, visit.resource.id, hook.id, skip=visit.skip, top=MOST_SHOWN)
    values = {
        "hook": hook,
        "listening": STATES,
        "chosen": summed(hook.events),
        "here": here,
        "words": EVENTS,
        "waiting": cases.waiting(visit.ctx, visit.resource.id, hook.id),
        "log": log.values,
        "has_more": log.has_more,
        "subjects": _subjects(visit, log.values),
        "address_of": lambda entity: address_of(visit.base, entity),
        "next_of": lambda delivery: following(hook, delivery),
        "may_replay": lambda delivery: hook.status is not Status.FAILED and _may_replay(delivery),
        "busy": not hook.status.is_final or any(_moves_soon(visit, hook, delivery) for delivery in log.values),
        "kept": KEPT.days,
        "most_kept": MOST_KEPT,
        "done": DONE.get(visit.query["done"], ""),
    }
    return Shown("webhook.html", values)


def edit(visit: Visit) -> Answer:
    """The form to change one."""
    hook = _found(visit)
    given = {"displayName": hook.display_name, "description": hook.description, "webUrl": hook.web_url}
    return _edit_form(hook, given, hook.events)


def update(visit: Visit) -> Answer:
    """Change a web hook. A secret that is not given stays, unless it is to go."""
    hook, form = _found(visit), visit.form
    secret, is_unsigned = form["properties.secret"], "unsigned" in form
    try:
        if secret and is_unsigned:
            raise Invalid(
                "InvalidPayload",
                "properties.secret: enter one, or let requests be unsigned, but not both.",
                target="properties.secret",
            )
        change = cases.HookChange(
            web_url=form["webUrl"].strip(),
            events=_events(visit),
            secret="" if is_unsigned else secret or None,
        )
        cases.update(visit.ctx, visit.resource.id, hook.id, renaming(form), change)
    except REFUSALS as error:
        return _edit_form(hook, form, form.all("events"), error)
    return _done(visit, "changed")


def ask_again(visit: Visit) -> Answer:
    """Ask the receiver of one that has failed for its challenge again."""
    hook = _found(visit)
    change = cases.HookChange(web_url=hook.web_url)
    cases.update(visit.ctx, visit.resource.id, hook.id, entities.Change(), change)
    return _done(visit, "asked")


def ping(visit: Visit) -> Answer:
    """Send a hook itself."""
    hook = _found(visit)
    cases.ping(visit.ctx, visit.resource.id, hook.id, pings.body_of(hook, visit.root))
    return _done(visit, "pinged")


def test(visit: Visit) -> Answer:
    """Send each event that a hook asks for, about the last entity that has raised it."""
    count = cases.test(visit.ctx, visit.resource.id, visit.ids["hook"])
    return _done(visit, "tested" if count else "untested")


def replay(visit: Visit) -> Answer:
    """Send a delivery again."""
    cases.replay(visit.ctx, visit.resource.id, visit.ids["hook"], visit.ids["delivery"])
    return _done(visit, "again")


def last_look(visit: Visit) -> Answer:
    """What deleting a web hook would do."""
    hook = _found(visit)
    waiting = cases.waiting(visit.ctx, visit.resource.id, hook.id)
    return Shown("webhook_delete.html", {"hook": hook, "waiting": waiting})


def delete(visit: Visit) -> Answer:
    """Delete a web hook, and what waits for it."""
    cases.delete(visit.ctx, visit.resource.id, _found(visit).id)
    return Goto(f"{visit.base}/webhooks?deleted")


def summed(events: Collection[str]) -> Sequence[tuple[str, str]]:
    """What a hook is told of: each kind of entity, and what happens to it."""
    told = [(kind, [words for event, words in known.items() if event in events]) for kind, known in OFFERED.items()]
    return [(kind, "all" if len(words) == len(MOMENTS) else ", ".join(words)) for kind, words in told if words]


def here(message: str) -> str:
    """Why something failed; what is to be done about it, as it is done in the browser."""
    for there, words in _HERE.items():
        message = message.replace(there, words)
    return message


def following(hook: WebHook, delivery: Delivery) -> str:
    """What comes next for a delivery that is not sent again at a set time; empty when that is nothing."""
    if delivery.state is DeliveryState.SENDING:
        return "It is being sent."
    if delivery.state is DeliveryState.FAILED:
        return "It is not sent again."
    if delivery.state is not DeliveryState.WAITING:
        return ""
    if delivery.event != CHALLENGE and hook.status is Status.FAILED:
        return f"It waits until the receiver answers a challenge, for at most {KEPT.days} days."
    if delivery.event != CHALLENGE and hook.status is not Status.SUCCEEDED:
        return "It waits until the receiver has answered the challenge."
    return "" if delivery.failures else "It is sent in a moment."


def _found(visit: Visit) -> WebHook:
    """The web hook of the address. Raises: NotFound."""
    return entities.get(visit.ctx, visit.resource.id, WebHook, visit.ids["hook"])


def _done(visit: Visit, what: str) -> Answer:
    return Goto(f"{visit.base}/webhooks/{visit.ids['hook']}?done={what}")


def _events(visit: Visit) -> dict[str, bool]:
    """Every event that is offered, and whether it is ticked; and what else was sent, for the rules to refuse."""
    offered = [event for known in OFFERED.values() for event in known]
    return dict.fromkeys(offered, False) | dict.fromkeys(visit.form.all("events"), True)


def _may_replay(delivery: Delivery) -> bool:
    return delivery.event != CHALLENGE and delivery.state is not DeliveryState.SENDING and delivery.attempt > 0


def _moves_soon(visit: Visit, hook: WebHook, delivery: Delivery) -> bool:
    """Whether something may come of a delivery while the page is looked at."""
    is_due = delivery.state is DeliveryState.WAITING and delivery.not_before <= visit.ctx.now() + SOON
    return delivery.state is DeliveryState.SENDING or (is_due and hook.status is not Status.FAILED)


def _subjects(visit: Visit, log: Sequence[Delivery]) -> dict[UUID, Processed]:
    """The entities that deliveries are about, by the ids of the deliveries; what is gone is left out."""
    kinds = {COLLECTIONS[kind]: kind for kind in NOUNS}
    named = {}
    for delivery in log:
        collection, _, id = delivery.entity.rpartition("/")
        kind = kinds.get(collection.rpartition("/")[2])
        if kind is not None and issubclass(kind, Processed):
            named[delivery.id] = kind, UUID(id)
    wanted = set(named.values())
    known: dict[UUID, Processed] = {}
    for asked in {kind for kind, _ in wanted}:
        known |= entities.known(visit.ctx, visit.resource.id, asked, [id for kind, id in wanted if kind is asked])
    return {id: known[entity_id] for id, (_, entity_id) in named.items() if entity_id in known}


def _new_form(given: Mapping[str, str], events: Collection[str], error: SpeechError | None = None) -> Answer:
    return forms.shown("webhook_new.html", _form(given, events), error)


def _edit_form(
    hook: WebHook, given: Mapping[str, str], events: Collection[str], error: SpeechError | None = None
) -> Answer:
    return forms.shown("webhook_edit.html", {"hook": hook, **_form(given, events)}, error)


def _form(given: Mapping[str, str], events: Collection[str]) -> dict[str, object]:
    """What both forms have; a secret that was entered is asked for again."""
    return {
        "given": {name: given.get(name, "") for name in ("displayName", "description", "webUrl")},
        "offered": OFFERED,
        "events": set(events),
    }
