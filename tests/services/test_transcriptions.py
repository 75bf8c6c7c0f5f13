"""Batch transcription: one bad recording stops no other, and the report tells of each."""

import json
from datetime import timedelta

import numpy as np
import pytest

from bench import speech, wav
from containers import SIGNATURE
from loud_engine import SENTENCES, LoudEngine
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Conflict, Invalid, LostLease
from speechsmith.domain.files import FileKind
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import (
    SubtitleFormat,
    Transcription,
    TranscriptionOptions,
    asked_subtitles,
    asks_to_adapt,
)
from speechsmith.jobs.sweeper import sweep
from speechsmith.jobs.table import WORK
from speechsmith.services import datasets, entities, models, transcriptions
from uploads import zipped


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
    neither = done(bench, content_urls=(url,), options=TranscriptionOptions(channels=(5, 7)))

    assert [(phrase["channel"], phrase["lexical"]) for phrase in both["combinedRecognizedPhrases"]] == [
        (0, SENTENCES[2]),
        (1, SENTENCES[3]),
    ]
    assert [phrase["channel"] for phrase in second["combinedRecognizedPhrases"]] == [1]
    assert (neither.status, neither.failure.code) == (Status.FAILED, "InvalidChannels")
    assert "has no channel 5 or 7 that could be transcribed; it has 2," in neither.failure.message


@pytest.mark.parametrize(
    ("channels", "missed"), [(None, None), ((0,), None), ((0, 1), "no channel 1 "), ((0, 3), "no channel 3 ")]
)
def test_channels_that_were_asked_for_and_are_not_there_are_reported(bench, web, channels, missed):
    (web[0] / "a.wav").write_bytes(speech(2))

    made = done(bench, content_urls=(f"{web[1]}/a.wav",), options=TranscriptionOptions(channels=channels))

    (detail,) = report(bench, made)["details"]
    assert (made.status, detail["status"]) == (Status.SUCCEEDED, "Succeeded")
    assert [phrase["channel"] for phrase in result(bench, made)["combinedRecognizedPhrases"]] == [0]
    assert detail.get("errorKind") == ("InvalidChannels" if missed else None)
    assert (missed or "") in detail.get("errorMessage", "")


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
    data = a_dataset(zipped({"a.wav": speech(2)}), CorpusKind.AUDIO_FILES)

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
    dataset = a_dataset(zipped({"call.wav": speech(2)}), CorpusKind.AUDIO_FILES)

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


def test_when_its_time_to_live_is_over_it_is_gone_and_so_are_its_results(bench, a_dataset):
    bench.ctx.scratch.mkdir(exist_ok=True)
    dataset = a_dataset()
    made = done(bench, dataset_id=dataset.id, time_to_live=timedelta(hours=12))
    kept = done(bench, dataset_id=dataset.id)
    blobs = {one.id: [file.blob for file in bench.files_of(one).values()] for one in (made, kept)}

    bench.clock.time = made.last_action_at + timedelta(hours=11, minutes=59)
    sweep(bench.ctx, entities.remove_expired)
    assert bench.now_is(made) == made
    bench.clock.time += timedelta(minutes=2)
    sweep(bench.ctx, entities.remove_expired)
    assert (bench.now_is(made), bench.files_of(made)) == (None, {})
    bench.clock.time += entities.LAST_WRITES
    sweep(bench.ctx, entities.remove_expired)

    assert not any(bench.ctx.blobs.keys(blob.rpartition("/")[0]) for blob in blobs[made.id])
    assert all(bench.ctx.blobs.path(blob).is_file() for blob in blobs[kept.id])
    assert bench.now_is(kept) == kept


ADAPTED = TranscriptionOptions(adapt_to_speakers=True)


def talk(*sentences: int) -> np.ndarray:
    """Two seconds of each sentence, two seconds apart."""
    spoken = [np.frombuffer(speech(number)[44:], "<i2").astype(np.float32) / 32768 for number in sentences]
    return np.concatenate([np.pad(one, (0, 32_000)) for one in spoken])


@pytest.fixture
def talks(web):
    """Three recordings by their URLs: one sentence twice, another one twice, and the first one once."""
    folder, url = web
    for name, spoken in (("a", talk(0, 0)), ("b", talk(1, 1)), ("c", talk(0))):
        (folder / f"{name}.wav").write_bytes(wav(spoken))
    return tuple(f"{url}/{name}.wav" for name in "abc")


def lexical(result: dict) -> list[str]:
    return [phrase["nBest"][0]["lexical"] for phrase in result["recognizedPhrases"]]


def test_a_recording_that_is_adapted_to_is_recognized_again_with_what_it_has_taught_and_nothing_else(bench, talks):
    made = done(bench, content_urls=talks, options=ADAPTED)

    results = [result(bench, made, f"contenturl_{number}.json") for number in range(3)]
    assert [lexical(one) for one in results] == [
        ["please send a gasket"] * 2,
        ["where is the torx driver"] * 2,
        ["please send a uh"],
    ]
    told = [one["speakerAdaptation"] for one in results]
    assert [detail["speakerAdaptation"] for detail in report(bench, made)["details"]] == told
    assert [set(one) for (one,) in told] == [
        {"channel", "adapted", "secondsLearnedFrom"},
        {"channel", "adapted", "secondsLearnedFrom"},
        {"channel", "adapted", "secondsLearnedFrom", "reason"},
    ]
    assert [one["adapted"] for (one,) in told] == [True, True, False]
    assert 3.0 <= told[0][0]["secondsLearnedFrom"] <= 6.0
    assert told[2][0]["secondsLearnedFrom"] == 0.0
    assert "too little" in told[2][0]["reason"]


def test_nothing_is_adapted_to_unless_it_is_asked_for(bench, talks):
    made = done(bench, content_urls=talks)

    assert lexical(result(bench, made)) == ["please send a uh"] * 2
    assert "speakerAdaptation" not in result(bench, made)
    assert all(set(detail) == {"source", "status"} for detail in report(bench, made)["details"])


def test_a_recording_with_too_little_to_learn_from_has_the_result_that_it_has_otherwise(bench, talks):
    both = (TranscriptionOptions(), ADAPTED)
    plain, adapted = (result(bench, done(bench, content_urls=talks[2:], options=options)) for options in both)

    assert plain["recognizedPhrases"] == adapted["recognizedPhrases"]


def test_each_channel_is_adapted_to_by_itself(bench, web):
    left, right = talk(0, 0), talk(1)
    (web[0] / "a.wav").write_bytes(wav(np.stack([left, np.pad(right, (0, len(left) - len(right)))], axis=1)))

    made = result(bench, done(bench, content_urls=(f"{web[1]}/a.wav",), options=ADAPTED))

    assert [phrase["lexical"] for phrase in made["combinedRecognizedPhrases"]] == [
        "please send a gasket please send a gasket",
        "where is the uh uh",
    ]
    assert [(one["channel"], one["adapted"]) for one in made["speakerAdaptation"]] == [(0, True), (1, False)]


def test_silence_cannot_be_adapted_to(bench, web):
    (web[0] / "a.wav").write_bytes(wav(np.zeros(16_000)))

    made = result(bench, done(bench, content_urls=(f"{web[1]}/a.wav",), options=ADAPTED))

    assert made["recognizedPhrases"] == []
    assert made["speakerAdaptation"][0]["adapted"] is False


def test_there_is_one_attuned_model_at_a_time_under_a_name_of_its_own(bench, talks, monkeypatch):
    folders, attune = [], LoudEngine.attuned

    def watched(self, model, heard, out, **options):
        assert not any(folder.exists() for folder in folders)
        assert list(out.iterdir()) == []
        folders.append(out)
        return attune(self, model, heard, out, **options)

    monkeypatch.setattr(LoudEngine, "attuned", watched)

    done(bench, content_urls=talks, options=ADAPTED)

    assert len(set(folders)) == 3
    assert not any(folder.exists() for folder in folders)


def test_progress_never_goes_back_in_a_recording_of_two_channels(bench, web):
    (web[0] / "a.wav").write_bytes(wav(np.stack([talk(0, 0), talk(1, 1)], axis=1)))
    create(bench, content_urls=(f"{web[1]}/a.wav",), options=ADAPTED)
    job = bench.claim()
    task, out = bench.prepared(job)
    fractions = []

    WORK[job.kind].run(task, out, lambda _stage, fraction: fractions.append(fraction))

    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


def test_the_wish_to_adapt_is_a_custom_property():
    assert not asks_to_adapt({})
    assert not asks_to_adapt({"adaptToSpeakers": "False", "other": "maybe"})
    assert asks_to_adapt({"adaptToSpeakers": "TRUE"})
    for text in ("", "yes", "1", " true"):
        with pytest.raises(Invalid, match=r"customProperties\.adaptToSpeakers is 'true' or 'false'") as refused:
            asks_to_adapt({"adaptToSpeakers": text})
        assert refused.value.target == "customProperties.adaptToSpeakers"


def test_the_sound_files_of_a_container_are_transcribed_under_their_names(bench, container):
    container.blobs = {"b/two.WAV": speech(3), "a.wav": speech(2), "bad.mp3": b"no audio", "notes.txt": b"x"}

    made = done(bench, content_container_url=container.url())

    assert made.status is Status.SUCCEEDED
    assert list(bench.files_of(made)) == ["a.wav.json", "b/two.WAV.json", "report.json"]
    assert result(bench, made, "b/two.WAV.json")["combinedRecognizedPhrases"][0]["lexical"] == SENTENCES[3]
    told = report(bench, made)
    assert (told["successfulTranscriptionsCount"], told["failedTranscriptionsCount"]) == (2, 1)
    assert [detail["source"] for detail in told["details"]] == [
        f"{container.address}/{name}" for name in ("a.wav", "b/two.WAV", "bad.mp3")
    ]
    assert SIGNATURE not in json.dumps([told, result(bench, made, "a.wav.json")])


def test_no_name_in_a_container_can_harm_the_database(bench, container):
    container.blobs = {"a\x00\nb.wav": speech(2), "\x02.wav": speech(2)}

    made = done(bench, content_container_url=container.url())

    assert made.status is Status.SUCCEEDED
    assert list(bench.files_of(made)) == ["_.wav.json", "a__b.wav.json", "report.json"]


def test_a_container_without_sound_files_fails_the_transcription(bench, container):
    container.blobs = {"notes.txt": b"x"}

    made = done(bench, content_container_url=container.url())

    assert (made.status, made.failure.code) == (Status.FAILED, "EmptyRequest")
    assert "the 1 blobs in contentContainerUrl" in made.failure.message


def test_an_archive_in_a_container_is_not_passed_over_in_silence(bench, container):
    container.blobs = {"a.wav": speech(2), "old/calls.ZIP": zipped({"b.wav": speech(3)}), "notes.txt": b"x"}

    made = done(bench, content_container_url=container.url())

    assert made.status is Status.SUCCEEDED
    assert list(bench.files_of(made)) == ["a.wav.json", "report.json"]
    told = report(bench, made)["details"][1]
    assert (told["source"], told["errorKind"]) == (f"{container.address}/old/calls.ZIP", "ArchiveNotOpened")
    assert not [asked for asked in container.asked if "ZIP" in str(asked)]


def test_a_container_of_nothing_but_archives_fails_the_transcription_with_the_reason(bench, container):
    container.blobs = {"calls.zip": b"x"}

    made = done(bench, content_container_url=container.url())

    assert (made.status, made.failure.code) == (Status.FAILED, "ArchiveNotOpened")
    assert "Put the recordings themselves into the container" in made.failure.message


def test_a_container_that_refuses_the_list_fails_the_transcription_with_its_reason(bench, container):
    container.permitted = "r"

    made = done(bench, content_container_url=container.url(sp="rl"))

    assert (made.status, made.failure.code) == (Status.FAILED, "HttpStatus")
    assert "contentContainerUrl could not be listed" in made.failure.message
    assert "403 Forbidden (AuthenticationFailed)" in made.failure.message
    assert SIGNATURE not in made.failure.message


def test_private_containers_are_not_listed_unless_the_operator_allows_it(bench, container):
    made = done(bench.limited(allow_private_urls=False), content_container_url=container.url())

    assert (made.status, made.failure.code) == (Status.FAILED, "PrivateAddress")
    assert container.asked == []


def test_results_go_into_a_container_of_the_users_own_and_nowhere_else(bench, container, a_dataset):
    dataset = a_dataset(zipped({"ab.wav": speech(2)}), CorpusKind.AUDIO_FILES)

    made = done(bench, dataset_id=dataset.id, destination_container_url=container.url(sp="w"))

    names = [f"{made.id}/ab.wav.json", f"{made.id}/report.json"]
    assert sorted(container.blobs) == names
    assert json.loads(container.blobs[names[0]])["combinedRecognizedPhrases"][0]["display"] == "Thank you."
    files = bench.files_of(made)
    assert [file.blob for file in files.values()] == [
        f"{container.address}/{made.id}/{name}" for name in ("ab.wav.json", "report.json")
    ]
    assert [file.size_bytes for file in files.values()] == [len(container.blobs[name]) for name in names]
    assert not [key for key in bench.ctx.blobs.keys("") if str(made.id) in key]


def test_results_in_the_users_own_container_outlive_the_transcription(bench, container, a_dataset):
    made = done(bench, dataset_id=a_dataset().id, destination_container_url=container.url())
    before = dict(container.blobs)

    entities.delete(bench.ctx, bench.me, Transcription, made.id)
    bench.clock.time += entities.LAST_WRITES
    bench.ctx.scratch.mkdir(exist_ok=True)
    sweep(bench.ctx, entities.remove_expired)

    assert bench.now_is(made) is None
    assert container.blobs == before


def test_a_destination_that_cannot_be_written_fails_the_transcription_with_its_reason(bench, container, a_dataset):
    container.permitted = "r"

    made = done(bench, dataset_id=a_dataset().id, destination_container_url=container.url(sp="w"))

    assert (made.status, made.failure.code) == (Status.FAILED, "InaccessibleCustomerStorage")
    assert "'0.wav.json' could not be written into destinationContainerUrl" in made.failure.message
    assert "403 (AuthenticationFailed)" in made.failure.message
    assert bench.files_of(made) == {}


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED])
def test_signatures_are_forgotten_when_nothing_needs_them_any_more(bench, container, web, status):
    if status is Status.SUCCEEDED:
        container.blobs["a.wav"] = speech(2)
    signed = {"content_container_url": container.url(), "destination_container_url": container.url()}

    running = create(bench, **signed)
    bench.work_off()
    made = bench.now_is(running)

    assert running.content_container_url == container.url()
    assert (made.status, made.content_container_url, made.content_urls) == (status, None, ())
    assert made.destination_container_url == made.destination == container.address
    assert SIGNATURE not in repr(running)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://a.blob.core.windows.net/calls", "has no signature"),
        ("https://b.s3.amazonaws.com/calls?X-Amz-Signature=1", "use contentUrls"),
        ("https://a.blob.core.windows.net/c?sv=1&sr=c&sp=racwdl&se=2025-01-01&sig=x", "ended at 2025-01-01T00:00:00Z"),
    ],
)
def test_what_cannot_be_a_container_is_refused_at_once(sqlite_bench, url, said):
    with pytest.raises(Invalid, match=said) as source:
        create(sqlite_bench, content_container_url=url)
    with pytest.raises(Invalid, match=said) as destination:
        create(sqlite_bench, content_urls=("a",), destination_container_url=url)

    assert (source.value.code, source.value.target) == ("InvalidRecordingsUri", "contentContainerUrl")
    assert destination.value.target == "properties.destinationContainerUrl"


def test_a_link_whose_signature_has_ended_is_reported_so(bench, container):
    container.blobs["a.wav"] = speech(2)
    link = f"{container.address}/a.wav?sv=1&sp=r&se=2024-02-03&sig=other"

    made = done(bench, content_urls=(link,))

    (detail,) = report(bench, made)["details"]
    assert (detail["source"], detail["errorKind"]) == (link, "HttpStatus")
    assert "The signature of the link ended at 2024-02-03T00:00:00Z" in detail["errorMessage"]
    assert made.failure.message == detail["errorMessage"]


BOTH = (SubtitleFormat.SRT, SubtitleFormat.VTT)


def test_subtitles_stand_beside_the_result_when_they_are_asked_for(bench, web):
    (web[0] / "a.wav").write_bytes(wav(talk(2, 1)))

    made = done(bench, content_urls=(f"{web[1]}/a.wav",), options=TranscriptionOptions(subtitles=BOTH))

    names = ["contenturl_0.json", "contenturl_0.srt", "contenturl_0.vtt", "report.json"]
    assert list(bench.files_of(made)) == names
    assert {file.kind for file in bench.files_of(made).values()} == {
        FileKind.TRANSCRIPTION,
        FileKind.TRANSCRIPTION_REPORT,
    }
    srt, vtt = (bench.content(made, name).decode() for name in names[1:3])
    assert [block.splitlines()[2] for block in srt.split("\n\n")[:-1]] == ["Thank you.", "Where is the?"]
    assert vtt.startswith("WEBVTT\n\n00:00:0")
    assert srt.count(" --> ") == vtt.count(" --> ") == 2


def test_what_both_channels_hold_is_one_subtitle(bench, web):
    voice, silence = talk(2), np.zeros(64_000)
    for name, other in (("same", voice), ("other", np.concatenate([silence, talk(3)]))):
        left = np.pad(voice, (0, len(other) - len(voice)))
        (web[0] / f"{name}.wav").write_bytes(wav(np.stack([left, other], axis=1)))
    urls = tuple(f"{web[1]}/{name}.wav" for name in ("same", "other"))

    made = done(bench, content_urls=urls, options=TranscriptionOptions(subtitles=(SubtitleFormat.SRT,)))

    assert [bench.content(made, f"contenturl_{n}.srt").decode().count(" --> ") for n in (0, 1)] == [1, 2]


def test_the_wish_for_subtitles_is_a_custom_property():
    assert asked_subtitles({}) == ()
    assert asked_subtitles({"subtitles": "VTT"}) == (SubtitleFormat.VTT,)
    assert asked_subtitles({"subtitles": "srt, vtt,srt"}) == BOTH
    for text in ("", "true", "srt;vtt", "ass"):
        with pytest.raises(Invalid, match=r"customProperties\.subtitles is 'srt', 'vtt' or 'srt,vtt', not") as refused:
            asked_subtitles({"subtitles": text})
        assert refused.value.target == "customProperties.subtitles"
