"""Containers of Azure Blob Storage, by their signed URLs: what is in one, and putting results into one.

Theory. The URL of a container carries a shared access signature (SAS) in its query. With it, `comp=list` gives the
names of the blobs in pages of XML, each with a marker to ask for the next; a blob is had by putting its name behind the
path of the container, and made by a PUT there. All of it goes the way of `net.fetch` and `net.post`, by their rule. The
list is foreign bytes: it is bounded, and one that declares a document type is not read, as entities could make a page
of it fill the memory.

S3 and others have signatures for one object, none for a list: their buckets are refused.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlencode, urlsplit
from xml.etree import ElementTree

from speechsmith.net import signatures
from speechsmith.net.fetch import FetchError, FetchPolicy, Resolver, checked, fetch, is_passing, shown
from speechsmith.net.post import Posted, post

READ_AND_LIST, WRITE = "rl", "w"
MOST_BLOBS = 10_000
MOST_PAGES = 1_000
MOST_OF_A_PAGE = 1_000  # blobs, though 5,000 may be asked for: a page is read whole, and 64 MB of it would take 2 GB
MOST_LIST_BYTES = 16 << 20  # of one page: names of 1,024 characters, escaped, and what is said of each
MOST_NAME = 1_024  # characters of the name of a blob
ANSWER_S = 300.0  # that a container has for taking a result
_CODE = re.compile(rb"<Code>(\w{1,60})</Code>")
_QUESTIONS = frozenset({"restype", "comp", "marker", "prefix", "delimiter", "include", "maxresults"})
_LETTERS = {"r": "read (r)", "l": "list (l)", "w": "write (w)"}
_AZURE = "the URL of a container of Azure Blob Storage with a shared access signature (SAS)"


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob by its name in the container; `address` is where it lies, `url` is the same with the signature."""

    name: str
    address: str
    url: str = field(repr=False)
    bytes: int


def problem(url: str, *, permissions: str, now: datetime) -> str:
    """What is wrong with the URL of a container that should permit this, in words behind "it"; empty for nothing.

    No more than what the URL says is looked at: only the container knows whether the signature is good.
    """
    try:
        checked(url)
    except FetchError:
        return f"is no whole http or https link; it must be {_AZURE}."
    said = signatures.parameters(url)
    if found := _not_a_container(url, said) or _not_permitted(said, permissions):
        return found
    ends = signatures.expiry(url)
    if ends is not None and ends <= now:
        return f"has a signature that ended at {ends:%Y-%m-%dT%H:%M:%SZ}; sign a new one."
    return ""


def _not_a_container(url: str, said: signatures.Said) -> str:
    parts = urlsplit(url)
    host, depth = parts.hostname or "", len([part for part in parts.path.split("/") if part])
    names = {name.lower() for name in said}
    if any(name.startswith(("x-amz-", "x-goog-", "awsaccesskeyid")) for name in names) or host.endswith(
        ("amazonaws.com", "storage.googleapis.com")
    ):
        return f"is not {_AZURE}. A bucket of another store has no signature that lists it: use contentUrls."
    if "sig" not in said or "sv" not in said:
        return f"has no signature; it must be {_AZURE}."
    if not depth or (".blob." in host and depth > 1) or said.get("sr", "c") != "c":
        return f"is not for a whole container; it must be {_AZURE}."
    return ""


def _not_permitted(said: signatures.Said, permissions: str) -> str:
    if "si" in said and "sp" not in said:
        return "" if permissions != WRITE else "has a stored access policy; use a signature with its own permissions."
    missing = [_LETTERS[letter] for letter in permissions if letter not in said.get("sp", "")]
    if missing:
        return f"has a signature that does not permit to {' and '.join(missing)}."
    if "srt" in said and not set("co" if permissions != WRITE else "o") <= set(said["srt"]):
        return "has a signature of the account that is not for containers (c) and objects (o)."
    return ""


def plain(url: str) -> str:
    """The URL without its signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _signature(url: str) -> str:
    """The query of the URL of a container, less what it may ask for already, as URLs from a browser do."""
    members = urlsplit(url).query.split("&")
    return "&".join(member for member in members if member.partition("=")[0].lower() not in _QUESTIONS)


def list_blobs(
    url: str,
    policy: FetchPolicy,
    folder: Path,
    *,
    progress: Callable[[], None] = lambda: None,
    resolve: Resolver | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Blob]:
    """All blobs of a container, in its order, which is that of their names; `folder` is for what comes meanwhile.

    Raises: FetchError, with InvalidContainer for a list that makes no sense or is longer than MOST_BLOBS.
    """
    found: list[Blob] = []
    marker, page = "", folder / "blobs.xml"
    policy = replace(policy, max_bytes=MOST_LIST_BYTES)
    for _ in range(MOST_PAGES):
        progress()
        asked = {"restype": "container", "comp": "list", "maxresults": str(MOST_OF_A_PAGE)}
        asked |= {"marker": marker} if marker else {}
        try:
            fetch(f"{plain(url)}?{_signature(url)}&{urlencode(asked)}", page, policy, resolve=resolve, sleep=sleep)
            listed = _parsed(page)
        finally:
            page.unlink(missing_ok=True)
        found += _blobs(listed, url)
        marker = (listed.findtext("NextMarker") or "").strip()
        if len(found) > MOST_BLOBS:
            break
        if not marker:
            return found
    message = f"The container {shown(url)} has more than {MOST_BLOBS} blobs; spread them over several containers."
    raise FetchError("InvalidContainer", message)


def _parsed(page: Path) -> ElementTree.Element:
    try:
        text = page.read_bytes().decode("utf-8-sig")
        if "<!DOCTYPE" not in text:
            root = ElementTree.fromstring(text)
            if root.tag == "EnumerationResults":
                return root
    except (UnicodeDecodeError, ElementTree.ParseError):
        pass
    raise FetchError("InvalidContainer", "The answer is not the list of a container of Azure Blob Storage.")


def _blobs(listed: ElementTree.Element, url: str) -> Iterator[Blob]:
    address, signature = plain(url), _signature(url)
    for blob in listed.iterfind("Blobs/Blob"):
        name = blob.find("Name")
        if name is None or not name.text or blob.findtext("Properties/ResourceType") == "directory":
            continue
        text = unquote(name.text) if name.get("Encoded") == "true" else name.text
        if len(text) > MOST_NAME:
            raise FetchError("InvalidContainer", f"The container {shown(url)} has a name that no blob can have.")
        there = f"{address}/{quote(text)}"
        size = blob.findtext("Properties/Content-Length") or ""
        yield Blob(text, there, f"{there}?{signature}", int(size) if size.isascii() and size.isdigit() else 0)


def put_blob(
    url: str,
    name: str,
    content: bytes,
    content_type: str,
    policy: FetchPolicy,
    *,
    resolve: Resolver | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Write a blob into a container, over one of its name; returns its address, without the signature.

    A container that does not answer or is busy is asked again, as `fetch` does.

    Raises: FetchError.
    """
    address = f"{plain(url)}/{quote(name)}"
    headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": content_type}
    policy = replace(policy, total_s=min(policy.total_s, ANSWER_S))
    for attempt in range(policy.retries + 1):
        is_last = attempt == policy.retries
        try:
            signed = f"{address}?{_signature(url)}"
            answer = post(signed, content, headers, policy, method="PUT", resolve=resolve)
        except FetchError as error:
            if is_last or error.code not in ("Unreachable", "Timeout"):
                raise
        else:
            if 200 <= answer.status < 300:
                return address
            if is_last or not is_passing(answer.status):
                raise _refused(url, answer)
        sleep(2.0**attempt)
    raise AssertionError("the last attempt returns or raises")


def _refused(url: str, answer: Posted) -> FetchError:
    code = _CODE.search(answer.body)
    named = f" ({code.group(1).decode()})" if code else ""
    message = f"{shown(url)} answered with the status {answer.status}{named}."
    return FetchError("HttpStatus", message + signatures.advice(url, answer.status), answer.status)
