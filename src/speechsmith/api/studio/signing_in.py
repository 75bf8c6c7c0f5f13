"""Pages of who comes and goes: sign in with a key, choose among resources, sign out."""

from speechsmith.api.studio.visit import ROOT, Answer, Goto, Shown, Visit, home_of
from speechsmith.services import sign_ins

_WRONG = (
    "This key opens no Speech resource here. Look for missing characters; whoever runs the service can renew a key "
    "that is lost."
)
_EMPTY = "Enter a key of your Speech resource."


def show(visit: Visit) -> Answer:
    """The form. Who is signed in already may sign in to another resource besides."""
    return Shown("sign_in.html", {"next": _ours(visit.query.get("next", "")), "error": None})


def sign_in(visit: Visit) -> Answer:
    """Begin a session, or add a resource to it."""
    key, following = visit.form.get("key", "").strip(), _ours(visit.form.get("next", ""))
    begun = sign_ins.begin(visit.ctx, key, session=visit.session) if key else None
    if begun is None:
        return Shown("sign_in.html", {"next": following, "error": _WRONG if key else _EMPTY}, 401)
    session, resource = begun
    return Goto(following or f"{home_of(resource)}/projects", session)


def sign_out(visit: Visit) -> Answer:
    """End the session."""
    sign_ins.end(visit.ctx, visit.session)
    return Goto(f"{ROOT}/sign-in", "")


def home(visit: Visit) -> Answer:
    """The projects of the one resource, or the choice among several."""
    if len(visit.resources) == 1:
        return Goto(f"{home_of(visit.resources[0])}/projects")
    return Shown("resources.html")


def of_resource(visit: Visit) -> Answer:
    """The projects of a resource, for its shorter address."""
    return Goto(f"{visit.base}/projects")


def _ours(address: str) -> str:
    """The address, if it is one of Studio; else none."""
    is_plain = address.isascii() and address.isprintable() and not set(address) & set('\\"<>? #%')
    return address if is_plain and address.startswith(f"{ROOT}/") and not ("//" in address or ".." in address) else ""
