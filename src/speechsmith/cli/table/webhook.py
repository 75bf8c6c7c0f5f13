"""The commands of `webhook`; the log of deliveries is Speechsmith's own."""

from speechsmith.cli.options import Command, Kind, Option
from speechsmith.cli.table.rows import CUSTOM, DESCRIPTION, ID, NAME, WAIT, row, which
from speechsmith.cli.table.shared import MANY, ONE, PAGE

_URL = Option("url | web url", Kind.TEXT, "URL", "Where to post to (webUrl).", "web_url")
_EVENTS = Option(
    "events | event",
    Kind.LIST,
    "EVENT",
    "What to tell of: modelCompletion;modelDeletion, model or completion for all of those, or all.",
    "events",
)
_SECRET = Option("secret", Kind.TEXT, "TEXT", "Sign what is sent with this; @FILE takes it from a file.", "secret")
_DELIVERY = Option("delivery [id] | delivery url", Kind.TEXT, "ID", "The delivery, an id or a URL.", "delivery")
_HOOK = which("webhook")

WEBHOOK: tuple[Command, ...] = (
    row(
        "webhook",
        "create",
        "Have events posted to an address of yours.",
        '--name "My Hook" --url https://hooks.example.com/speech --events "completion;modelDeletion" --secret @secret',
        (NAME, _URL, _EVENTS, _SECRET, DESCRIPTION, WAIT, CUSTOM, *ONE),
        required=("name", "url", "events"),
    ),
    row("webhook", "list", "List web hooks.", "", (*PAGE, *MANY)),
    *(
        row("webhook", verb, "Show a web hook.", f"--webhook {ID}", (_HOOK, WAIT, *ONE), required=("webhook",))
        for verb in ("status", "show")
    ),
    row(
        "webhook",
        "update",
        "Change a web hook; with --url, also the one it has, its receiver is asked again.",
        f"--webhook {ID} --events all --no events transcription",
        (
            _HOOK,
            NAME,
            _URL,
            Option(_EVENTS.spelling, Kind.LIST, "EVENT", "Tell of these too, named as in create.", "events"),
            Option("no events | no event", Kind.LIST, "EVENT", "Tell of these no more.", "no_events"),
            Option("secret", Kind.TEXT, "TEXT", f"{_SECRET.help} '' ends the signing.", "secret"),
            DESCRIPTION,
            CUSTOM,
            WAIT,
            *ONE,
        ),
        required=("webhook",),
    ),
    row("webhook", "delete", "Remove a web hook.", f"--webhook {ID}", (_HOOK,), required=("webhook",)),
    row(
        "webhook",
        "ping",
        "Have the web hook itself posted to its receiver.",
        f"--webhook {ID}",
        (_HOOK,),
        required=("webhook",),
        done_by="webhooks:ping",
    ),
    row(
        "webhook",
        "test",
        "Have the last entity of each of its events posted.",
        f"--webhook {ID}",
        (_HOOK,),
        required=("webhook",),
        done_by="webhooks:test",
    ),
    row(
        "webhook",
        "deliveries",
        "List what was and will be sent, newest first; or show one delivery.",
        f"--webhook {ID} --top 20",
        (_HOOK, _DELIVERY, *(option for option in PAGE if option.name != "filter"), *MANY),
        required=("webhook",),
        done_by="webhooks:deliveries",
    ),
    row(
        "webhook",
        "replay",
        "Send a delivery again, at once.",
        f"--webhook {ID} --delivery {ID}",
        (_HOOK, _DELIVERY, *ONE),
        required=("webhook", "delivery"),
        done_by="webhooks:replay",
    ),
)
