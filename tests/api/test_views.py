"""What entities look like, and where the versions differ."""

from typing import Any

import pytest
from caller import Api, reference

from bench import acoustic, speech
from uploads import zipped

NEVER = "9999-12-31T00:00:00Z"
METRICS = ("wordErrorRate", "sentenceErrorRate", "sentenceCount", "wordCount", "correctWordCount")
EDITS = ("wordSubstitutionCount", "wordDeletionCount", "wordInsertionCount")


def evaluation(api: Api, dataset: Any) -> Any:
    base = reference(api.base())
    return api.make("evaluations", model1=base, model2=base, dataset=reference(dataset))


def test_a_project_links_to_its_lists(versioned):
    made = versioned.project()

    nouns = ("evaluations", "datasets", "models", "endpoints", "transcriptions")
    assert made["links"] == {noun: f"{made['self']}/{noun}" for noun in nouns}
    assert "status" not in made


def test_base_models_say_what_they_can(versioned):
    base = versioned.base()

    features = base["properties"]["features"]
    assert base["status"] == "Succeeded"
    assert base["properties"]["deprecationDates"] == {"adaptationDateTime": NEVER, "transcriptionDateTime": NEVER}
    formatting = ["OutputFormatting"] if versioned.version == "v3.2" else []
    assert features["supportsAdaptationsWith"] == ["Acoustic", "Language", *formatting, "Pronunciation"]
    assert ("supportedOutputFormats" in features) == (versioned.version == "v3.2")
    assert ("chargeForAdaptation" in base["properties"]) == (versioned.version == "v3.2")
    assert base["links"] == {"manifest": f"{base['self']}/manifest"}


def test_custom_models_differ_in_copy_and_dates(versioned):
    made = versioned.make("models", text="gasket", properties={"customModelWeightPercent": 30})

    old = versioned.version == "v3.1"
    copy = {"copyTo": f"{made['self']}:copyto"} if old else {"copy": f"{made['self']}:copy"}
    assert made["links"] == {"manifest": f"{made['self']}/manifest", "files": f"{made['self']}/files"} | copy
    dates = {"adaptationDateTime": NEVER} if old else {}
    assert made["properties"]["deprecationDates"] == dates | {"transcriptionDateTime": NEVER}
    assert made["properties"]["customModelWeightPercent"] == 30
    assert made["baseModel"] == reference(versioned.base())
    assert (made["datasets"], "text" in made) == ([], False)


def test_the_weight_that_was_chosen_is_shown(versioned):
    made = versioned.make("models", text="gasket")

    assert "customModelWeightPercent" not in made["properties"]
    assert versioned.done(made)["properties"]["customModelWeightPercent"] == 50


def test_an_evaluation_shows_minus_one_until_it_is_done(versioned):
    made = evaluation(versioned, versioned.dataset())

    for number in (1, 2):
        for name in (*METRICS, *EDITS):
            assert made["properties"][f"{name}{number}"] == -1
    assert not any("oken" in name for name in made["properties"])
    assert made["transcription1"] == made["transcription2"]


def test_an_evaluation_shows_its_numbers(versioned):
    dataset = versioned.dataset(acoustic({0: "Please send a gasket.", 2: "Thank you."}))

    done = versioned.done(evaluation(versioned, dataset))

    shown = done["properties"]
    assert [shown[f"{name}1"] for name in METRICS] == [pytest.approx(1 / 6), 0.5, 2, 6, 5]
    assert [shown[f"{name}2"] for name in EDITS] == [1, 0, 0]
    assert ("tokenErrors1" in shown) == ("tokenErrorRate2" in shown) == (versioned.version == "v3.2")
    assert "error" not in shown


def test_an_evaluation_without_transcripts_shows_no_numbers(versioned):
    dataset = versioned.dataset(zipped({"call.wav": speech(2)}), "AudioFiles")

    done = versioned.done(evaluation(versioned, dataset))

    assert done["status"] == "Succeeded"
    assert not any(name.startswith(METRICS) for name in done["properties"])


def test_details_of_an_evaluation_name_file_and_model(versioned):
    done = versioned.done(evaluation(versioned, versioned.dataset()))

    files = versioned.get(done["links"]["files"]).json()["values"]
    results = versioned.get(f"{done['transcription1']['self']}/files").json()["values"]
    assert [file["name"] for file in files] == [f"{at}.wav.model{n}_score.json" for n in (1, 2) for at in (0, 2)]
    assert {file["kind"] for file in files} == {"EvaluationDetails"}
    assert [file["name"] for file in results] == ["0.wav.json", "2.wav.json"]


def test_an_endpoint_links_to_its_addresses(versioned):
    made = versioned.make("endpoints", properties={"timeToLive": "P1DT2H"})

    id = made["self"][-36:]
    spoken = f"cognitiveservices/v1?cid={id}"
    for name in ("Interactive", "Conversation", "Dictation"):
        path = f"speech.test/speech/recognition/{name.lower()}/{spoken}"
        assert made["links"][f"rest{name}"] == f"http://{path}"
        assert made["links"][f"webSocket{name}"] == f"ws://{path}"
    assert made["links"]["logs"] == f"{made['self']}/files/logs"
    assert made["properties"]["timeToLive"] == "P1DT2H"
    assert made["model"] == reference(versioned.base())


def test_an_endpoint_shows_that_it_is_suspended_and_nothing_when_it_is_not(versioned):
    made = versioned.done(versioned.make("endpoints"))

    suspended = versioned.post(f"{made['self']}:suspend")

    assert (suspended.status_code, suspended.json()["status"]) == (200, "Succeeded")
    assert suspended.json() == made | {"properties": made["properties"] | {"suspended": True}}
    assert versioned.get(made["self"]).json() == versioned.get("/endpoints").json()["values"][0] == suspended.json()

    resumed = versioned.post(f"{made['self']}:resume")

    assert (resumed.status_code, resumed.json()["status"], resumed.headers["retry-after"]) == (200, "NotStarted", "1")
    assert versioned.done(resumed.json())["properties"] == made["properties"] == {"loggingEnabled": False}


def test_a_transcription_shows_its_options_and_no_recordings(versioned):
    made = versioned.make(
        "transcriptions",
        contentUrls=["https://user:secret@example.com/a.wav?sig=secret"],
        properties={"wordLevelTimestampsEnabled": True, "timeToLive": "PT12H", "channels": [0], "email": "a@b"},
    )

    assert "secret" not in str(made)
    assert made["properties"] | {"progress": 0} == {
        "diarizationEnabled": False,
        "wordLevelTimestampsEnabled": True,
        "displayFormWordLevelTimestampsEnabled": False,
        "channels": [0],
        "punctuationMode": "DictatedAndAutomatic",
        "profanityFilterMode": "Masked",
        "timeToLive": "PT12H",
        "progress": 0,
    }


def test_a_transcription_has_a_result_for_each_recording(versioned):
    dataset = versioned.dataset(zipped({"call.wav": speech(2)}), "AudioFiles")

    done = versioned.done(versioned.make("transcriptions", dataset=reference(dataset)))

    files = {file["name"]: file for file in versioned.get(done["links"]["files"]).json()["values"]}
    assert (done["properties"]["duration"], done["dataset"]) == ("PT2S", reference(dataset))
    assert {name: file["kind"] for name, file in files.items()} == {
        "call.wav.json": "Transcription",
        "report.json": "TranscriptionReport",
    }
    result = versioned.get(files["call.wav.json"]["links"]["contentUrl"]).json()
    assert result["combinedRecognizedPhrases"][0]["display"] == "Thank you."
    assert result["durationInTicks"] == 20_000_000


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"channels": []}, "InvalidChannels"),
        ({"channels": [0, 0]}, "InvalidChannels"),
        ({"channels": [-1]}, "InvalidChannels"),
        ({"channels": list(range(17))}, "InvalidChannels"),
        ({"timeToLive": "P32D"}, "InvalidTimeToLive"),
        ({"timeToLive": "12 hours"}, "InvalidTimeToLive"),
        ({"timeToLive": "PT" + "9" * 30 + "S"}, "InvalidTimeToLive"),
        ({"diarizationEnabled": True}, "InvalidParameterValue"),
        ({"diarization": {"speakers": {"minCount": 1, "maxCount": 2}}}, "InvalidParameterValue"),
        ({"diarization": {"speakers": {"maxCount": 36}}}, "InvalidPayload"),
        ({"diarization": {}}, "InvalidPayload"),
        ({"languageIdentification": {"candidateLocales": ["en-US"]}}, "InvalidParameterValue"),
        (
            {
                "languageIdentification": {
                    "candidateLocales": ["en-US", "de-DE"],
                    "speechModelMapping": {"de-DE": {"self": "x"}},
                }
            },
            "InvalidParameterValue",
        ),
        ({"languageIdentification": {"candidateLocales": ["en-US", "fr-FR"]}}, "InvalidLocale"),
        ({"languageIdentification": {"candidateLocales": ["en-US"], "mode": "Any"}}, "InvalidPayload"),
        ({"destinationContainerUrl": "https://x"}, "InvalidParameterValue"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(sqlite_api, properties, code):
    new = {"displayName": "x", "locale": "en-US", "contentUrls": ["http://x/a.wav"], "properties": properties}

    response = sqlite_api.post("/transcriptions", new)

    assert (response.status_code, response.json()["innerError"]["code"]) == (400, code)


@pytest.mark.parametrize("mode", [None, "Single"])
def test_a_transcription_shows_the_languages_that_it_tells_apart(versioned, mode):
    dataset = versioned.dataset(zipped({"call.wav": speech(0)}), "AudioFiles")
    mapped = {"speechModelMapping": {"en-US": reference(versioned.base())}}
    wish = {"candidateLocales": ["en-US", "DE-de"], "mode": mode}
    known = {"mode": mode or "Continuous"} if versioned.version == "v3.2" else {}

    for more in ({}, mapped):
        properties = {"languageIdentification": wish | more}
        done = versioned.done(versioned.make("transcriptions", dataset=reference(dataset), properties=properties))

        shown = {"candidateLocales": ["en-US", "de-DE"]} | known | more
        assert done["properties"]["languageIdentification"] == shown
        (listed,) = [one for one in versioned.get("/transcriptions").json()["values"] if one["self"] == done["self"]]
        assert listed["properties"]["languageIdentification"] == shown
        files = {file["name"]: file for file in versioned.get(done["links"]["files"]).json()["values"]}
        result = versioned.get(files["call.wav.json"]["links"]["contentUrl"]).json()
        assert [phrase["locale"] for phrase in result["recognizedPhrases"]] == ["de-DE"]


def test_a_transcription_says_in_its_files_what_it_has_learned_of_the_speakers(versioned):
    dataset = versioned.dataset(zipped({"call.wav": speech(2)}), "AudioFiles")
    wish = {"adaptToSpeakers": "True"}

    done = versioned.done(versioned.make("transcriptions", dataset=reference(dataset), customProperties=wish))

    assert done["customProperties"] == wish
    assert not [name for name in done["properties"] if "adapt" in name.lower()]
    files = {file["name"]: file for file in versioned.get(done["links"]["files"]).json()["values"]}
    for name in ("call.wav.json", "report.json"):
        told = versioned.get(files[name]["links"]["contentUrl"]).json()
        (adapted,) = (told.get("details") or [told])[0]["speakerAdaptation"]
        assert (adapted["channel"], adapted["adapted"]) == (0, False)


def test_a_wish_to_adapt_to_speakers_that_is_no_yes_or_no_is_refused_by_name(sqlite_api):
    new = {"displayName": "x", "locale": "en-US", "contentUrls": ["http://x/a.wav"]}

    response = sqlite_api.post("/transcriptions", new | {"customProperties": {"adaptToSpeakers": "maybe"}})

    assert (response.status_code, response.json()["innerError"]["code"]) == (400, "InvalidParameterValue")
    assert "customProperties.adaptToSpeakers is 'true' or 'false', not 'maybe'" in response.text


def test_results_in_the_users_own_container_have_plain_links(versioned, container):
    dataset = versioned.dataset(zipped({"call.wav": speech(2)}), "AudioFiles")
    wish = {"destinationContainerUrl": container.url(sp="w")}

    made = versioned.make("transcriptions", dataset=reference(dataset), properties=wish)
    done = versioned.done(made)

    for shown in (made, done):
        assert shown["properties"]["destinationContainerUrl"] == container.address
    files = versioned.get(done["links"]["files"]).json()["values"]
    folder = f"{container.address}/{done['self'][-36:]}"
    assert [file["links"]["contentUrl"] for file in files] == [f"{folder}/call.wav.json", f"{folder}/report.json"]
    assert [file["properties"]["size"] for file in files] == [len(content) for content in container.blobs.values()]


@pytest.mark.parametrize("duration", ["PT0S", "P0D", ""])
def test_no_time_to_live_is_no_end(sqlite_api, duration):
    made = sqlite_api.make("transcriptions", contentUrls=["http://x"], properties={"timeToLive": duration})

    assert "timeToLive" not in made["properties"]


def test_locales_are_those_with_a_base_model(versioned):
    for noun in ("projects", "models", "evaluations", "endpoints", "transcriptions"):
        assert versioned.get(f"/{noun}/locales").json() == ["de-DE", "en-US"]
    kinds = versioned.get("/datasets/locales").json()
    formatting = {"OutputFormatting"} if versioned.version == "v3.2" else set()
    assert set(kinds) == {"Acoustic", "AudioFiles", "Language", "LanguageMarkdown", "Pronunciation"} | formatting
    assert kinds["Acoustic"] == ["de-DE", "en-US"]


def test_a_dataset_shows_where_it_came_from_and_how_its_text_is_taken(versioned):
    url = "http://x.example/a.txt"

    made = versioned.make(
        "datasets", kind="Language", contentUrl=url, properties={"textNormalizationKind": "None", "email": "a@b"}
    )

    assert (made["contentUrl"], made["links"]) == (url, {"files": f"{made['self']}/files"})
    counts = {"acceptedLineCount": 0, "rejectedLineCount": 0}
    kind = {"textNormalizationKind": "None"} if versioned.version == "v3.2" else {}
    assert made["properties"] == kind | counts | {"progress": made["properties"]["progress"]}
