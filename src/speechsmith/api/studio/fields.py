"""Reading the forms of pages: small, of text, and refused whole where anything is wrong."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from speechsmith.api.bodies import check_not_encoded, check_text, read_bytes
from speechsmith.api.errors import UnsupportedMedia
from speechsmith.api.studio.visit import Answers
from speechsmith.domain.errors import Invalid

MEDIA = "application/x-www-form-urlencoded"
MOST_BYTES = 1 << 18
"""A description may have 10,000 characters, of which each may be written as twelve."""

MOST_FIELDS = 300
"""A model may learn from 200 datasets, each of which is a field."""


async def read(request: Request) -> Answers:
    """The fields of a form. Raises: UnsupportedMedia, BodyTooLarge, BodyTooSlow, Invalid."""
    check_not_encoded(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA:
        raise UnsupportedMedia("UnsupportedMediaType", f"Forms are sent here as {MEDIA}.")
    data = await read_bytes(request, MOST_BYTES)
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Invalid("InvalidPayload", "The form cannot be read; open its page again and send it anew.") from None
    # browsers send ends of lines as two characters; the contract has no opinion, and people mean one
    return Answers((name, check_text(value, target=name).replace("\r\n", "\n")) for name, value in pairs)
