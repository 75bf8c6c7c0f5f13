"""Batch transcription of what may be spoken in several locales: the surest model is believed.

The German model of the tests knows the words of the first two sentences, the English one those of the other two.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from bench import speech, wav
from loud_engine import SENTENCES
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.models import base_model_id
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import (
    Candidate,
    LanguageWish,
    SubtitleFormat,
    Transcription,
    TranscriptionOptions,
)
from speechsmith.jobs.table import WORK
from speechsmith.services import models, transcriptions
from speechsmith.tasks import listening, transcribe
from uploads import zipped

BOTH = ("en-US", "de-DE")
CONTINUOUS, SINGLE = LanguageWish(candidates=BOTH), LanguageWish(candidates=BOTH, is_continuous=False)


def create(bench, **options) -> Transcription:
    new = transcriptions.NewTranscription(**{"labels": bench.labels()} | options)
    return transcriptions.create(bench.ctx, bench.me, new)


def done(bench, **options) -> Transcription:
    made = create(bench, **options)
    bench.work_off()
    return bench.now_is(made)


def result(bench, transcription, name="contenturl_0.json") -> dict:
    return json.loads(bench.content(transcription, name))


def talk(*sentences: int) -> np.ndarray:
    """Two seconds of each sentence, two seconds apart."""
    spoken = [np.frombuffer(speech(number)[44:], "<i2").astype(np.float32) / 32768 for number in sentences]
    return np.concatenate([np.pad(one, (0, 32_000)) for one in spoken])


@pytest.fixture
def recorded(web):
    """Puts channels of the same length where they can be fetched."""

    def make(*channels: np.ndarray, name: str = "a") -> str:
        (web[0] / f"{name}.wav").write_bytes(wav(np.stack(channels, axis=1)))
        return f"{web[1]}/{name}.wav"

    return make


@pytest.fixture
def asked(monkeypatch):
    """Which base models were asked, stretch by stretch."""
    folders: list[str] = []

    class Watched(transcribe.DecodePool):
        def submit(self, model, *stretch, **how):
            folders.append(model.base.name[:5])
            return super().submit(model, *stretch, **how)

    monkeypatch.setattr(transcribe, "DecodePool", Watched)
    return folders


def phrases(result: dict) -> list[tuple[str, str]]:
    return [(phrase["locale"], phrase["nBest"][0]["lexical"]) for phrase in result["recognizedPhrases"]]


def test_each_phrase_is_in_the_locale_whose_model_is_surest_of_it(bench, recorded):
    made = done(bench, content_urls=(recorded(talk(0, 2, 1, 3)),), languages=CONTINUOUS)

    found = result(bench, made)
    assert phrases(found) == [
        ("de-DE", SENTENCES[0]),
        ("en-US", SENTENCES[2]),
        ("de-DE", SENTENCES[1]),
        ("en-US", SENTENCES[3]),
    ]
    assert found["combinedRecognizedPhrases"][0]["lexical"] == " ".join(SENTENCES[n] for n in (0, 2, 1, 3))


def test_a_recording_is_in_one_locale_where_one_is_asked_for_all_of_its_channels(bench, recorded):
    url = recorded(talk(0, 1), talk(3, 3))  # the first channel alone would be German

    found = result(bench, done(bench, content_urls=(url,), languages=SINGLE))

    assert {locale for locale, _ in phrases(found)} == {"en-US"}
    assert [one["lexical"] for one in found["combinedRecognizedPhrases"]] == [
        "please send a uh where is the uh uh",
        " ".join([SENTENCES[3]] * 2),
    ]


def test_each_recording_has_a_locale_of_its_own(bench, recorded):
    urls = (recorded(talk(1), name="a"), recorded(talk(3), name="b"))

    made = done(bench, content_urls=urls, languages=SINGLE)

    assert [phrases(result(bench, made, f"contenturl_{n}.json")) for n in (0, 1)] == [
        [("de-DE", SENTENCES[1])],
        [("en-US", SENTENCES[3])],
    ]


def test_only_the_one_that_is_chosen_hears_more_than_the_beginning(bench, recorded, asked, monkeypatch):
    monkeypatch.setattr(listening, "OPENING", 3.0)  # two phrases, of two seconds and the sound around them

    found = result(bench, done(bench, content_urls=(recorded(talk(0, 1, 2, 3)),), languages=SINGLE))

    assert asked == ["en-US"] * 2 + ["de-DE"] * 2 + ["de-DE"] * 2
    assert phrases(found) == [("de-DE", words) for words in (*SENTENCES[:2], "uh uh", "the uh is uh")]


def test_models_listen_one_after_another_to_a_window_each(bench, recorded, asked, monkeypatch):
    url = recorded(talk(0, 2, 1))
    whole = result(bench, done(bench, content_urls=(url,), languages=CONTINUOUS))
    at_once = list(asked)
    asked.clear()
    monkeypatch.setattr(listening, "WINDOW", 2)

    in_windows = result(bench, done(bench, content_urls=(url,), languages=CONTINUOUS))

    assert at_once == ["en-US"] * 3 + ["de-DE"] * 3
    assert asked == ["en-US"] * 2 + ["de-DE"] * 2 + ["en-US", "de-DE"]
    assert in_windows["recognizedPhrases"] == whole["recognizedPhrases"]


@pytest.mark.parametrize("wish", [CONTINUOUS, SINGLE])
@pytest.mark.parametrize("locale", BOTH)
def test_where_two_are_equally_sure_the_locale_of_the_transcription_is_the_fallback(
    bench, a_model, recorded, locale, wish
):
    model = a_model(" ".join(SENTENCES), locale="de-DE")
    mapped = {"de-DE": model.id, "en-US": a_model(" ".join(SENTENCES)).id}
    wish = LanguageWish(candidates=wish.candidates, is_continuous=wish.is_continuous, mapped=mapped)

    made = done(bench, labels=bench.labels(locale=locale), content_urls=(recorded(talk(0, 3)),), languages=wish)

    assert phrases(result(bench, made)) == [(locale, SENTENCES[0]), (locale, SENTENCES[3])]


def test_the_fallback_of_a_recording_need_not_be_a_candidate(bench, recorded):
    create(bench, content_urls=(recorded(talk(2)),), languages=SINGLE)
    job = bench.claim()
    task, out = bench.prepared(job)
    german = task.by_locale["de-DE"].model
    alike = tuple(listening.Listener(locale=name, model=german) for name in ("de-AT", "de-DE"))

    made = WORK[job.kind].run(replace(task, candidates=alike), out, lambda *_: None)

    assert phrases(json.loads((out / made.files[0].path).read_bytes())) == [("en-US", SENTENCES[2])]


@pytest.mark.parametrize("wish", [CONTINUOUS, SINGLE])
def test_silence_is_a_result_without_phrases(bench, recorded, wish):
    adapted = TranscriptionOptions(adapt_to_speakers=True)

    made = done(bench, content_urls=(recorded(np.zeros(16_000)),), languages=wish, options=adapted)

    assert (made.status, result(bench, made)["recognizedPhrases"]) == (Status.SUCCEEDED, [])


def test_without_the_wish_no_phrase_has_a_locale(bench, recorded):
    found = result(bench, done(bench, content_urls=(recorded(talk(0, 2)),)))

    assert [phrase for phrase in found["recognizedPhrases"] if "locale" in phrase] == []
    assert len(found["recognizedPhrases"]) == 2


def test_each_phrase_is_written_as_the_model_of_its_locale_does(bench, recorded, a_writer, a_model):
    writer = a_writer("#itn\n{thank you>THX-2}\n{a gasket>one-gasket}\n")
    wish = LanguageWish(candidates=BOTH, mapped={"en-US": writer.id})
    subtitles = TranscriptionOptions(subtitles=(SubtitleFormat.SRT,))

    made = done(bench, content_urls=(recorded(talk(0, 2)),), languages=wish, options=subtitles)

    (shown,) = result(bench, made)["combinedRecognizedPhrases"]
    assert shown["display"] == "Please send a gasket. THX-2."
    assert [block.splitlines()[2] for block in bench.content(made, "contenturl_0.srt").decode().split("\n\n")[:-1]] == [
        "Please send a gasket.",
        "THX-2.",
    ]


def test_the_model_of_the_transcription_listens_for_its_own_locale_unless_another_is_mapped(bench, a_model, bases):
    own, other = a_model("one"), a_model("two")
    german = bases["de-DE 20250101"].id

    plain = create(bench, content_urls=("a",), model_id=own.id, languages=CONTINUOUS)
    wish = LanguageWish(candidates=("DE-de", "en-us"), mapped={"EN-US": other.id})
    mapped = create(bench, content_urls=("a",), model_id=own.id, languages=wish)

    assert plain.languages.candidates == (
        Candidate(locale="en-US", model_id=own.id),
        Candidate(locale="de-DE", model_id=german),
    )
    assert mapped.languages.candidates == (
        Candidate(locale="de-DE", model_id=german),
        Candidate(locale="en-US", model_id=other.id, is_mapped=True),
    )
    assert (bench.now_is(plain), bench.now_is(mapped)) == (plain, mapped)


def test_mapped_models_stay_while_they_are_used(bench, a_model, a_dataset):
    model, dataset = a_model(locale="de-DE"), a_dataset()
    wish = LanguageWish(candidates=BOTH, mapped={"de-DE": model.id})
    made = create(bench, dataset_id=dataset.id, languages=wish)

    with pytest.raises(Conflict, match="the transcription 'thing'"):
        models.delete(bench.ctx, bench.me, model.id)
    bench.work_off()
    models.delete(bench.ctx, bench.me, model.id)

    assert bench.now_is(made).languages.candidates[1].model_id == model.id


def test_each_locales_model_learns_from_what_is_spoken_in_it(bench, recorded, a_model):
    german = a_model("nothing of it", locale="de-DE")
    adapted = TranscriptionOptions(adapt_to_speakers=True)
    sound = talk(0, 0, 2, 3, 0)

    made = done(
        bench,
        content_urls=(recorded(sound),),
        options=adapted,
        languages=LanguageWish(candidates=BOTH, mapped={"de-DE": german.id}),
    )

    found = result(bench, made)
    assert phrases(found) == [
        *[("de-DE", SENTENCES[0])] * 2,
        ("en-US", SENTENCES[2]),
        ("en-US", SENTENCES[3]),
        ("de-DE", SENTENCES[0]),
    ]
    told = found["speakerAdaptation"]
    assert [(one["channel"], one["locale"], one["adapted"]) for one in told] == [(0, "de-DE", True), (0, "en-US", True)]
    assert told[0]["secondsLearnedFrom"] == pytest.approx(1.5 * told[1]["secondsLearnedFrom"], rel=0.1)


@pytest.mark.parametrize("adapt", [False, True])
@pytest.mark.parametrize("wish", [CONTINUOUS, SINGLE])
def test_progress_never_goes_back(bench, recorded, wish, adapt):
    options = TranscriptionOptions(adapt_to_speakers=adapt)
    create(bench, content_urls=(recorded(talk(0, 2), talk(1, 1)),), languages=wish, options=options)
    job = bench.claim()
    task, out = bench.prepared(job)
    fractions = []

    WORK[job.kind].run(task, out, lambda _stage, fraction: fractions.append(fraction))

    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("candidates", "is_continuous", "mapped", "code"),
    [
        (("en-US",), False, (), "InvalidParameterValue"),
        (("en-US", "EN-us"), True, (), "InvalidParameterValue"),
        (tuple(f"l{number}" for number in range(10)), True, (), "InvalidParameterValue"),
        (("en-US", *(f"l{number}" for number in range(10))), True, (), "InvalidParameterValue"),
        (("en-US", *(f"l{number}" for number in range(10))), False, (), "InvalidLocale"),
        (("en-US", "fr-FR"), True, (), "InvalidLocale"),
        (BOTH, True, ("fr-FR",), "InvalidParameterValue"),
        (BOTH, True, ("de-DE", "DE-de"), "InvalidParameterValue"),
        (BOTH, True, ("en-US",), "InvalidLocale"),
    ],
)
def test_what_could_not_be_meant_is_refused_by_name(sqlite_bench, candidates, is_continuous, mapped, code):
    german = base_model_id("loud", "de-DE", "20250101")
    wish = LanguageWish(candidates=candidates, is_continuous=is_continuous, mapped=dict.fromkeys(mapped, german))

    with pytest.raises(Invalid) as refused:
        create(sqlite_bench, content_urls=("a",), languages=wish)

    assert refused.value.code == code
    assert refused.value.target.startswith("properties.languageIdentification")
    assert sqlite_bench.claim() is None


def test_a_candidate_without_a_model_is_refused_with_its_name(bench):
    with pytest.raises(Invalid, match=r"The locale 'fr-FR' is not supported here; .* installed for: de-DE, en-US"):
        create(bench, content_urls=("a",), languages=LanguageWish(candidates=("en-US", "fr-FR")))


def test_a_mapped_model_must_be_usable_and_ones_own(bench, a_model, a_dataset):
    untrained = models.create(bench.ctx, bench.me, models.NewModel(labels=bench.labels(locale="de-DE"), text="x"))
    tenant = bench.as_tenant("other")
    foreign = models.create(tenant.ctx, tenant.me, models.NewModel(labels=bench.labels(locale="de-DE"), text="x"))
    wishes = [LanguageWish(candidates=BOTH, mapped={"de-DE": model.id}) for model in (untrained, foreign)]

    with pytest.raises(Invalid, match="'thing'") as refused:
        create(bench, content_urls=("a",), languages=wishes[0])
    with pytest.raises(NotFound):
        create(bench, content_urls=("a",), languages=wishes[1])

    assert refused.value.target == "properties.languageIdentification.speechModelMapping"


def test_the_recordings_of_a_dataset_may_be_in_several_locales(bench, a_dataset):
    made = done(
        bench,
        dataset_id=a_dataset(zipped({f"{n}.wav": speech(n) for n in (0, 2)}), CorpusKind.AUDIO_FILES).id,
        languages=CONTINUOUS,
    )

    assert [phrases(result(bench, made, f"{n}.wav.json"))[0][0] for n in (0, 2)] == ["de-DE", "en-US"]
