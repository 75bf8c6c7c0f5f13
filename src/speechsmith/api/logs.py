"""Handlers of logs: of an endpoint, and of the default base model of a locale.

Lists are paged by a token, which says behind which entry the next page begins: what is added or deleted meanwhile moves
nothing.
"""

import base64
import binascii
import re
from uuid import UUID

from speechsmith.api import generic, views
from speechsmith.api.call import DEFAULT_TOP, MAX_TOP, Answer, Call
from speechsmith.domain.errors import Invalid
from speechsmith.domain.files import File
from speechsmith.domain.logs import Place, is_name
from speechsmith.services import logs
from speechsmith.store.tables import micros, moment

_TOKEN = re.compile(r"(\d{1,16}) (.*)", re.ASCII)


def listed(call: Call) -> Answer:
    """Endpoints_ListLogs, Endpoints_ListBaseModelLogs."""
    call.check_once("skipToken", "top")
    if "skip" in call.query:
        raise Invalid("UnsupportedPagination", "Logs are paged by skipToken and top.", target="skip")
    if "filter" in call.query:
        raise Invalid("UnsupportedFilter", "Logs cannot be filtered.", target="filter")
    top = min(call.integer("top", DEFAULT_TOP, least=1, code="InvalidTopForLogs"), MAX_TOP)
    after, lifetime = _read_token(call.query.get("skipToken")), generic.link_lifetime(call)
    page = logs.page(call.ctx, call.resource.id, _book(call), after=after, top=top)
    values = [views.log(call, _uri(call), entry, lifetime) for entry in page.values]
    following = {"skipToken": _token(page.values[-1]), "top": str(top)} if page.has_more else None
    return Answer(200, call.linked(values, following))


def get(call: Call) -> Answer:
    """Endpoints_GetLog, Endpoints_GetBaseModelLog."""
    entry = logs.get(call.ctx, call.resource.id, _book(call), call.names["log_id"])
    return Answer(200, views.log(call, _uri(call), entry, generic.link_lifetime(call)))


def delete(call: Call) -> Answer:
    """Endpoints_DeleteLog, Endpoints_DeleteBaseModelLog."""
    logs.delete(call.ctx, call.resource.id, _book(call), call.names["log_id"])
    return Answer(204)


def delete_many(call: Call) -> Answer:
    """Endpoints_DeleteLogs, Endpoints_DeleteBaseModelLogs: a name that is mistyped must not delete everything."""
    for name in call.query:
        if name != "endDate":
            message = f"'{name[:40]}' is unknown here; endDate=yyyy-mm-dd, or nothing for all logs."
            raise Invalid("InvalidParameterValue", message, target=name[:40])
    call.check_once("endDate")
    logs.delete_until(call.ctx, call.resource.id, _book(call), call.query.get("endDate"))
    return Answer(202)


def _book(call: Call) -> UUID | str:
    return call.id if "id" in call.ids else call.names["locale"]


def _uri(call: Call) -> str:
    book = call.id if "id" in call.ids else f"base/{call.names['locale']}"
    return f"{call.base}/endpoints/{book}/files/logs"


def _token(last: File) -> str:
    return base64.urlsafe_b64encode(f"{micros(last.created_at)} {last.name}".encode()).decode().rstrip("=")


def _read_token(token: str | None) -> Place | None:
    if token is None:
        return None
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    found = _TOKEN.fullmatch(text)
    if not found or not is_name(found[2]):
        message = "skipToken is not one that a list of logs has given; take it from @nextLink."
        raise Invalid("InvalidSkipTokenForLogs", message, target="skipToken")
    return Place(moment(int(found[1])), found[2])
