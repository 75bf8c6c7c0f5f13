"""Reading multipart forms as they come: the data goes straight to its file, whatever the part says about itself."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from speechsmith.api.bodies import check_text, too_large
from speechsmith.api.errors import UnsupportedMedia
from speechsmith.domain.errors import Invalid

MAX_FIELD_BYTES = 64 * 1024
MAX_FIELDS = 50


@dataclass
class _Form:
    """The parser's callbacks: small fields are kept, the part named `data` goes to the file as it comes."""

    target: Path
    max_bytes: int
    fields: dict[str, str] = field(default_factory=dict)
    has_data: bool = False
    ended: bool = False
    _size: int = 0
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _headers: dict[bytes, bytes] = field(default_factory=dict)
    _name: str = ""
    _part: bytearray = field(default_factory=bytearray)
    _out: Any = None

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._headers.clear()
        self._part.clear()

    def _header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._name == "data":
            if self.has_data:
                raise Invalid("InvalidPayload", "The form has more than one part 'data'.", target="data")
            self.has_data = True
            self._out = self.target.open("wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._out is not None:
            self._size += end - start
            if self._size > self.max_bytes:
                raise too_large(self.max_bytes)
            self._out.write(memoryview(data)[start:end])
            return
        self._part.extend(data[start:end])
        if len(self._part) > MAX_FIELD_BYTES:
            raise Invalid(
                "InvalidPayload",
                f"The field '{self._name[:40]}' is larger than {MAX_FIELD_BYTES} bytes.",
                target=self._name,
            )

    def _end(self) -> None:
        if self._out is not None:
            self.close()
            return
        if len(self.fields) >= MAX_FIELDS:
            raise Invalid("InvalidPayload", f"The form has more than {MAX_FIELDS} fields.")
        try:
            text = self._part.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid("InvalidPayload", f"The field '{self._name[:40]}' is not UTF-8.", target=self._name) from None
        self.fields[self._name] = check_text(text, target=self._name)

    def _finish(self) -> None:
        self.ended = True

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None


async def read_form(request: Request, target: Path, max_bytes: int) -> tuple[dict[str, str], bool]:
    """The text fields of a form, and whether its part `data` was written to the file.

    The Content-Type and the file name of the part are not looked at: what it is, its bytes say.

    Raises: UnsupportedMedia, Invalid, BodyTooLarge.
    """
    media, options = parse_options_header(request.headers.get("content-type"))
    if media != b"multipart/form-data" or b"boundary" not in options:
        raise UnsupportedMedia("UnsupportedMediaType", "Send multipart/form-data with a boundary.")
    target.parent.mkdir(parents=True, exist_ok=True)
    form = _Form(target, max_bytes)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())  # type: ignore[arg-type]
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > max_bytes + MAX_FIELDS * MAX_FIELD_BYTES:  # also what belongs to no part, or to a part sent again
                raise too_large(max_bytes)
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise Invalid("InvalidPayload", f"The form cannot be read: {error}.") from None
    finally:
        form.close()
    if not form.ended:
        raise Invalid("InvalidPayload", "The form ends in the middle of a part; send it again.")
    return form.fields, form.has_data
