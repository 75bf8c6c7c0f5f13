"""What logs are called, and which of them a day means."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from records import new_record
from speechsmith.domain.errors import Invalid
from speechsmith.domain.files import FileKind
from speechsmith.domain.logs import LogBook, id_of, is_name, read_end, read_id

GUID = UUID("0ff6f0a4-7d2c-4c1f-9a34-3b5c9b1b2a10")
RESOURCE = UUID("11111111-2222-3333-4444-555555555555")
BEGAN = datetime(2023, 3, 13, 16, 37, 15, 999_999, tzinfo=UTC)
NOW = datetime(2023, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def record(tmp_path):
    return new_record(tmp_path / "a.wav", id=GUID, book=LogBook.base(RESOURCE, "en-US"), began=BEGAN)


@pytest.mark.parametrize(
    ("kind", "name", "id"),
    [
        (FileKind.AUDIO, f"163715__{GUID}.wav", f"2023-03-13_163715__{GUID}_wav"),
        (FileKind.TRANSCRIPTION, f"163715__{GUID}.v2.json", f"2023-03-13_163715__{GUID}_v2_json"),
    ],
)
def test_names_and_ids_are_those_of_the_contract_and_ids_lead_back(record, kind, name, id):
    assert record.name(kind) == name
    assert is_name(name)
    assert id_of(BEGAN, name) == id
    assert read_id(id) == (datetime(2023, 3, 13, tzinfo=UTC), name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        f"163715__{GUID}.wav",
        f"2023-03-13_163715__{GUID}.wav",
        f"2023-02-30_163715__{GUID}_wav",
        f"2023-03-13_163715__{GUID}_mp3",
        f"2023-03-13_163715__{GUID}_wav\n",
        f"٢٠٢٣-03-13_163715__{GUID}_wav",
        "../../../etc/passwd",
    ],
)
def test_what_is_no_id_of_a_log_is_refused(text):
    with pytest.raises(Invalid, match="last part of 'self'") as refused:
        read_id(text)
    assert (refused.value.code, refused.value.target) == ("InvalidLogId", "logId")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (None, NOW),
        ("2023-03-14", datetime(2023, 3, 15, tzinfo=UTC)),
        ("2023-03-15", NOW),
        ("9999-12-31", NOW),
        ("0001-01-01", datetime(1, 1, 2, tzinfo=UTC)),
    ],
)
def test_a_day_ends_with_it_and_no_deletion_reaches_beyond_now(text, end):
    assert read_end(text, NOW) == end


def test_days_are_those_of_utc_whatever_the_clock_says():
    evening = datetime(2023, 3, 14, 20, tzinfo=timezone(timedelta(hours=-8)))  # 04:00 of the 15th in UTC

    assert read_end("2023-03-14", evening) == datetime(2023, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2023-3-14", "20230314", "2023-02-29", "2023-W11-2", "14.03.2023", "2023-03-14T00"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(Invalid, match="yyyy-mm-dd") as refused:
        read_end(text, NOW)
    assert (refused.value.code, refused.value.target) == ("InvalidLogDate", "endDate")


def test_a_locale_has_one_book_in_each_resource_in_whatever_case():
    assert LogBook.base(RESOURCE, "EN-us") == LogBook.base(RESOURCE, "en-US")
    assert LogBook.base(RESOURCE, "en-US").id != LogBook.base(GUID, "en-US").id
    assert LogBook.base(RESOURCE, "en-US").id != LogBook.base(RESOURCE, "de-DE").id
