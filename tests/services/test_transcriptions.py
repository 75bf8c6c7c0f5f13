"""Batch transcription: one bad recording stops no other, and the report tells of each."""

import json
from datetime import timedelta

import numpy as np
import pytest

from bench import archive, speech, wav
from loud_engine import SENTENCES
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Conflict, Invalid, LostLease
from speechsmith.domain.files import FileKind
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import Transcription, TranscriptionOptions
from speechsmith.services import datasets, entities, models, transcriptions


def create(bench, **options) -> Transcription:
    new = transcriptions.NewTranscription(labels=bench.labels(), **options)
    return transcriptions.create(bench.ctx, bench.me, new)


def done(bench, **options) -> Transcription:
    made = create(bench, **options)
    bench.work_off()
    return bench.now_is(made)


def result(bench, transcription, name="contenturl_0.json") -> dict:
    return json.loads(bench.content(transcription, name))


def report(bench, transcription) -> dict:
    return json.loads(bench.content(transcription, "report.json"))


def test_recordings_are_transcribed_under_their_place_in_the_list(bench, web):
    folder, url = web
    for name, number in (("a", 2), ("b", 3)):
        (folder / f"{name}.wav").write_bytes(speech(number))

    made = done(bench, content_urls=(f"{url}/a.wav", f"{url}/b.wav"))

    assert (made.status, made.duration) == (Status.SUCCEEDED, timedelta(seconds=4))
    assert list(bench.files_of(made)) == ["contenturl_0.json", "contenturl_1.json", "report.json"]
    assert bench.files_of(made)["report.json"].kind is FileKind.TRANSCRIPTION_REPORT
    combined = result(bench, made)["combinedRecognizedPhrases"]
    assert [phrase["lexical"] for phrase in combined] == [SENTENCES[2]]
    assert combined[0]["display"] == "Thank you."
    assert result(bench, made, "contenturl_1.json")["source"] == f"{url}/b.wav"


def test_one_bad_recording_stops_no_other(bench, web):
    folder, url = web
    (folder / "good.wav").write_bytes(speech(2))
    (folder / "bad.wav").write_bytes(b"no audio at all")

    made = done(bench, content_urls=(f"{url}/bad.wav", f"{url}/gone.wav", f"{url}/good.wav"))

    assert made.status is Status.SUCCEEDED
    assert list(bench.files_of(made)) == ["contenturl_2.json", "report.json"]
    told = report(bench, made)
    assert (told["successfulTranscriptionsCount"], told["failedTranscriptionsCount"]) == (1, 2)
    assert [detail["status"] for detail in told["details"]] == ["Failed", "Failed", "Succeeded"]
    assert all(detail["errorKind"] and detail["errorMessage"] for detail in told["details"][:2])
    assert set(told["details"][2]) == {"source", "status"}


def test_when_all_recordings_are_bad_the_transcription_fails_with_the_first_reason(bench, web):
    made = done(bench, content_urls=(f"{web[1]}/a.wav", f"{web[1]}/b.wav"))

    assert made.status is Status.FAILED
    assert made.failure.message.startswith("None of the 2 recordings could be transcribed; the first: ")
    assert report(bench, made)["failedTranscriptionsCount"] == 2
    assert list(bench.files_of(made)) == ["report.json"]


def test_a_private_address_is_not_fetched_unless_the_operator_allows_it(bench, web):
    (web[0] / "a.wav").write_bytes(speech(2))
    strict = bench.limited(allow_private_urls=False)

    made = done(strict, content_urls=(f"{web[1]}/a.wav",))

    assert made.status is Status.FAILED
    assert "127.0.0.1" in made.failure.message or "private" in made.failure.message


def test_each_channel_is_transcribed_by_itself(bench, web):
    left, right = (np.frombuffer(speech(number)[44:], "<i2").astype(np.float32) / 32768 for number in (2, 3))
    (web[0] / "stereo.wav").write_bytes(wav(np.stack([left, right], axis=1)))
    url = f"{web[1]}/stereo.wav"

    both = result(bench, done(bench, content_urls=(url,)))
    second = result(bench, done(bench, content_urls=(url,), options=TranscriptionOptions(channels=(1, 7))))
    neither = done(bench, content_urls=(url,), options=TranscriptionOptions(channels=(5,)))

    assert [(phrase["channel"], phrase["lexical"]) for phrase in both["combinedRecognizedPhrases"]] == [
        (0, SENTENCES[2]),
        (1, SENTENCES[3]),
    ]
    assert [phrase["channel"] for phrase in second["combinedRecognizedPhrases"]] == [1]
    assert (neither.status, neither.failure.code) == (Status.FAILED, "InvalidChannels")


def test_words_have_times_when_they_are_asked_for(bench, web):
    (web[0] / "a.wav").write_bytes(speech(2))
    options = TranscriptionOptions(word_level_timestamps=True, display_word_timestamps=True)

    made = result(bench, done(bench, content_urls=(f"{web[1]}/a.wav",), options=options))

    best = made["recognizedPhrases"][0]["nBest"][0]
    assert [word["word"] for word in best["words"]] == ["thank", "you"]
    assert [word["displayText"] for word in best["displayWords"]] == ["Thank", "you."]
    first, second = best["words"]
    assert second["offsetInTicks"] == pytest.approx(first["offsetInTicks"] + first["durationInTicks"], abs=2)


def test_a_model_that_has_learned_to_write_does_so(bench, a_dataset, a_writer):
    model = a_writer("#itn\n{thank you>THX-2}\n#profanity\nthx-2\n")
    data = a_dataset(archive({"a.wav": speech(2)}), CorpusKind.AUDIO_FILES)

    plain, made = (done(bench, dataset_id=data.id, model_id=id) for id in (None, model.id))

    assert result(bench, plain, "a.wav.json")["combinedRecognizedPhrases"][0]["display"] == "Thank you."
    (shown,) = result(bench, made, "a.wav.json")["combinedRecognizedPhrases"]
    assert (shown["lexical"], shown["itn"], shown["display"]) == ("thank you", "THX-2", "***-*.")


def test_silence_is_a_result_without_phrases(bench, web):
    (web[0] / "a.wav").write_bytes(wav(np.zeros(16_000)))

    made = done(bench, content_urls=(f"{web[1]}/a.wav",))

    assert made.status is Status.SUCCEEDED
    assert result(bench, made)["recognizedPhrases"] == []
    assert result(bench, made)["duration"] == "PT1S"


def test_the_recordings_of_a_dataset_keep_their_names(bench, a_dataset):
    dataset = a_dataset(archive({"call.wav": speech(2)}), CorpusKind.AUDIO_FILES)

    made = done(bench, dataset_id=dataset.id)

    assert list(bench.files_of(made)) == ["call.wav.json", "report.json"]


def test_a_recording_that_is_too_long_is_refused_by_name(bench, web):
    (web[0] / "a.wav").write_bytes(speech(2))

    made = done(bench.limited(max_audio_hours=1 / 3600), content_urls=(f"{web[1]}/a.wav",))

    assert made.status is Status.FAILED
    assert made.failure.code


def test_a_model_that_does_not_load_fails_the_whole(bench, web, inline):
    (web[0] / "a.wav").write_bytes(speech(2))
    (inline / "en-US-20250101" / "broken").touch()

    made = done(bench, content_urls=(f"{web[1]}/a.wav",))

    assert (made.status, made.failure.code) == (Status.FAILED, "ModelDamaged")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "OnlyOneOfUrlsOrContainerOrDataset"),
        ({"content_urls": ("a",), "content_container_url": "b"}, "OnlyOneOfUrlsOrContainerOrDataset"),
        ({"content_container_url": "b"}, "InvalidRecordingsUri"),
        ({"content_urls": ("a",) * 1001}, "ExceededNumberOfRecordingsUris"),
    ],
)
def test_there_is_exactly_one_source_of_recordings(sqlite_bench, options, code):
    with pytest.raises(Invalid) as refused:
        create(sqlite_bench, **options)

    assert refused.value.code == code


def test_text_cannot_be_transcribed(bench, a_dataset):
    text = a_dataset(b"one line\n", CorpusKind.LANGUAGE, name="lines")

    with pytest.raises(Invalid, match="'lines' is Language"):
        create(bench, dataset_id=text.id)


def test_model_and_dataset_stay_while_they_are_used(bench, a_model, a_dataset):
    model, dataset = a_model(), a_dataset()
    made = create(bench, model_id=model.id, dataset_id=dataset.id)

    with pytest.raises(Conflict, match="the transcription 'thing'"):
        models.delete(bench.ctx, bench.me, model.id)
    with pytest.raises(Conflict):
        datasets.delete(bench.ctx, bench.me, dataset.id)
    bench.work_off()
    models.delete(bench.ctx, bench.me, model.id)
    datasets.delete(bench.ctx, bench.me, dataset.id)

    assert bench.now_is(made).model_id == model.id


def test_deleting_while_it_runs_leaves_nothing(bench, a_dataset):
    made = create(bench, dataset_id=a_dataset().id)
    publish = bench.ran(bench.claim())

    entities.delete(bench.ctx, bench.me, Transcription, made.id)

    with pytest.raises(LostLease):
        publish()
    assert bench.files_of(made) == {}


def test_a_transcription_ends_with_its_time_to_live_counted_from_its_end(bench, a_dataset):
    made = done(bench, dataset_id=a_dataset().id, time_to_live=timedelta(hours=12))

    with bench.ctx.store.read(bench.me) as tx:
        assert tx.table(Transcription).due(made.last_action_at + timedelta(hours=11)) == []
        assert tx.table(Transcription).due(made.last_action_at + timedelta(hours=12)) == [made]
