"""What can go wrong between a program and the service: one class for each thing a caller can do something about.

    ClientError
    ├── BadReference      an id or a URL that cannot name what it should
    ├── Unreachable       no answer came: not there, too slow, or cut off
    ├── ServiceError      an answer came and it was a refusal
    │   ├── Unauthorized  401 or 403: the key
    │   └── NotFound      404
    ├── WaitedTooLong     the entity was not done in time
    └── UploadStopped     some blocks are there, the rest can follow later

The service answers in two shapes: its own errors are flat (`code`, `message`, `innerError`), those of the door before
it are wrapped in `error` and carry the HTTP status as their code. Both become one `ServiceError`.
"""

from collections.abc import Mapping

from speechsmith.client.entity import Json, part, text


class ClientError(Exception):
    """Anything this client refuses or reports; the message says what, where and what to do."""


class BadReference(ClientError):
    """The id or URL cannot name the thing it is given for; nothing was sent."""


class Unreachable(ClientError):
    """The service gave no answer."""


class WaitedTooLong(ClientError):
    """The entity was neither Succeeded nor Failed when the time was up; `entity` is how it was last seen."""

    def __init__(self, message: str, entity: Json) -> None:
        super().__init__(message)
        self.entity = entity


class UploadStopped(ClientError):
    """An upload in blocks broke off; the blocks that arrived stay. `dataset` is the URL to go on with."""

    def __init__(self, message: str, dataset: str) -> None:
        super().__init__(message)
        self.dataset = dataset


class ServiceError(ClientError):
    """The service refused.

    `status` is the HTTP status, `code` the contract's error code, `inner` the code of the innermost error ("" when
    there is none), `request_id` what to quote to the operator ("" when not told), `body` the answer as it came.
    """

    def __init__(self, status: int, code: str, message: str, inner: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.inner, self.request_id = inner, request_id
        self.body: Json = None


class Unauthorized(ServiceError):
    """The key is missing, wrong, or not allowed to do this."""


class NotFound(ServiceError):
    """There is no such thing."""


def refusal(status: int, body: Json, headers: Mapping[str, str], *, had_key: bool = True) -> ServiceError:
    """The error that an answer of 400 and above stands for, whichever of the two shapes its body has."""
    error = part(body, "error") or (body if isinstance(body, dict) else {})
    sentences = [text(error, "message") or f"The service answered with HTTP status {status} and no explanation."]
    inner, deepest = "", error
    while deepest := part(deepest, "innerError"):
        inner = text(deepest, "code") or inner
        if (sentence := text(deepest, "message")) and sentence not in sentences:
            sentences.append(sentence)
    if status == 401 and not had_key:  # the service calls it invalid, which sends people looking for a typing error
        sentences.insert(0, "No key was given.")
    kind = {401: Unauthorized, 403: Unauthorized, 404: NotFound}.get(status, ServiceError)
    request_id = headers.get("apim-request-id") or headers.get("x-request-id") or ""
    found = kind(status, text(error, "code") or str(status), " ".join(sentences), inner, request_id)
    found.body = body
    return found
