"""The page about the REST API tells what the code has: properties of filters, headers, limits."""

from pathlib import Path

from speechsmith.api import app, bodies, forms, repeats, server, speech, transcriptions
from speechsmith.domain import values, webhooks
from speechsmith.domain.deliveries import DeliveryState
from speechsmith.domain.filters import DEEPEST, MOST_CHARACTERS, MOST_COMPARISONS, PROPERTIES, Operator
from speechsmith.domain.jobs import JobKind, JobState
from speechsmith.domain.limits import FILE_BYTES
from speechsmith.services import datasets, model_choice

KIB, MIB = 1 << 10, 1 << 20
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rest-api.md").read_text(encoding="utf-8")


def test_every_property_and_operator_of_filters_is_told():
    told = {property.name for properties in PROPERTIES.values() for property in properties} | set(Operator)

    assert [word for word in sorted(told) if f"`{word}`" not in PAGE] == []


def test_the_bounds_of_filters_are_told():
    bounds = f"at most {MOST_CHARACTERS} characters and {MOST_COMPARISONS} comparisons, with {DEEPEST} parentheses"

    assert bounds in " ".join(PAGE.split())


def test_the_fixed_limits_are_told():
    rows = (
        f"| a request without its body | {server.MOST_HEAD_BYTES // KIB} KiB, {server.HEAD_S:.0f} seconds |",
        f"| a JSON body | {bodies.MAX_JSON_BYTES // MIB} MiB |",
        f"| the time for it | {bodies.MOST_S:.0f} seconds |",
        f"| one object in it | {bodies.MOST_MEMBERS:,} members |",
        f"| a form | {forms.MAX_FIELDS} fields of {forms.MAX_FIELD_BYTES // KIB} KiB, beside its file |",
        f"| `displayName` | {values.DISPLAY_NAME_CHARS:,} characters",
        f"| `description` | {values.DESCRIPTION_CHARS:,} characters |",
        f"| `text` of a model or an endpoint | {model_choice.MAX_TEXT_BYTES // KIB} KiB in UTF-8 |",
        f"| `channels` of a transcription | 16, from 0 to {transcriptions.MAX_CHANNEL:,} |",
        f"| `secret` of a web hook | {webhooks.SECRET_CHARS:,} characters |",
        f"| a block | {datasets.MAX_BLOCK_BYTES // MIB} MiB |",
        f"| blocks of a dataset | {datasets.MAX_BLOCKS:,} |",
        f"| short audio | {speech.MAX_SECONDS['interactive']:.0f} seconds (`interactive`), ",
        f", {speech.MAX_SECONDS['conversation']:.0f} seconds (`conversation`, `dictation`) |",
        f"| its body | {speech.MAX_BYTES // MIB} MiB |",
        f"| requests with short audio | {app.SEATS} at work for each decode process, and {app.WAITING} waiting, in ",
    )

    assert [row for row in rows if row not in PAGE] == []


def test_what_short_audio_takes_and_tells_is_told():
    told = [*speech.MAX_SECONDS, *speech.PROFANITY, speech.PRONUNCIATION, "Model", "Notice", "NoMatch"]

    assert [word for word in told if f"`{word}`" not in PAGE] == []


def test_how_large_data_may_be_by_its_kind_is_told():
    for kind, most in FILE_BYTES.items():
        assert f"`{kind}={most}`" in PAGE, kind


def test_the_headers_of_repeated_requests_are_told():
    for header in (repeats.KEY, repeats.REQUEST_ID, repeats.FIRST_SENT, repeats.RESULT, repeats.REPLAYED):
        assert header in PAGE


def test_metrics_are_told_with_their_labels(sqlite_api):
    told = {line.split(" ")[2] for line in sqlite_api.get("/metrics").text.splitlines() if line.startswith("# TYPE")}

    assert told
    assert [word for word in [*told, *JobKind, *JobState, *DeliveryState] if f"`{word}`" not in PAGE] == []
