"""`spx recognize`: what it sends, what it answers, in which form, and with which code it leaves."""

import io
import json
import os
import shlex
import shutil
import signal
import sys
import threading
import types
import wave
from importlib.resources import files
from pathlib import Path

import pytest

from client.service import Answer, serving
from speechsmith.cli.recognition.sources import Source
from speechsmith.client.recognition import Recognizer

VOICE = Path(str(files("speechsmith") / "sample" / "test" / "audio" / "test_01.wav"))
PATH = "/speech/recognition/conversation/cognitiveservices/v1"
ASKED = f"{PATH}?language=en-US&format=detailed"
TICKS = 10_000_000


def said(display: str, lexical: str | None = None, **more) -> Answer:
    best = {"Confidence": 0.9, "Lexical": lexical or display.lower().strip("."), "ITN": display, "Display": display}
    times = {"Offset": 0, "Duration": TICKS}
    return Answer({"RecognitionStatus": "Success", **times, "NBest": [best | {"MaskedITN": display} | more]})


def sound(*pauses: float) -> bytes:
    """The voice, once more after each pause, in seconds of silence."""
    with wave.open(str(VOICE)) as voice:
        speech = voice.readframes(voice.getnframes())
    made = io.BytesIO()
    with wave.open(made, "wb") as wav:
        wav.setparams((1, 2, 16_000, 0, "NONE", ""))
        wav.writeframes(speech + b"".join(bytes(2 * round(16_000 * pause)) + speech for pause in pauses))
    return made.getvalue()


@pytest.fixture
def folder(alone):
    """The working folder, with a recording of one utterance and one of two."""
    shutil.copy(VOICE, alone / "one.wav")
    (alone / "two.wav").write_bytes(sound(3.0))
    (alone / "no.wav").write_text("no sound")
    return alone


LINES = [
    ("spx recognize --file one.wav", ASKED),
    ("spx recognize --file one.wav --once --source de-DE", f"{PATH}?language=de-DE&format=detailed"),
    ("spx recognize --file one.wav --languages de-DE", f"{PATH}?language=de-DE&format=detailed"),
    ("spx recognize --files *e.wav --language en-US --format any --rest", ASKED),
    ("spx recognize --files @names.txt --threads 2", ASKED),
    ("spx recognize --input path sub --file beside.wav", ASKED),
    ("spx recognize --input path sub --files b*.wav", ASKED),
    ("spx recognize --foreach file;transcript in @list.tsv", ASKED),
    ("spx recognize --file one.wav --endpoint id C", f"{PATH}?cid=C&format=detailed"),
    ("spx recognize --file one.wav --endpoint ROOT/speechtotext/v3.1/endpoints/C", f"{PATH}?cid=C&format=detailed"),
    (
        f"spx recognize --file one.wav --endpoint ROOT{PATH}?cid=D&profanity=raw --profanity masked",
        f"{PATH}?format=detailed&profanity=raw&cid=D",
    ),
    (f"spx recognize --file one.wav --endpoint SOCKET{PATH}?cid=D", f"{PATH}?format=detailed&cid=D"),
    ("spx recognize --file one.wav --host ROOT", ASKED),
    ("spx recognize --file one.wav --host SOCKET/", ASKED),
    ("spx recognize --file one.wav --api-endpoint ROOT/speechtotext/v3.2", ASKED),
    ("spx recognize --file one.wav --phrases Moltrino;Torx", f"{ASKED}&phrases=Moltrino%3BTorx"),
    ("spx recognize --file one.wav --phrases @names.txt", f"{ASKED}&phrases=one.wav"),
    ("spx recognize --file one.wav --profanity Removed", f"{ASKED}&profanity=removed"),
    ("spx recognize --file one.wav --word level timing", f"{ASKED}&wordLevelTimestamps=true"),
    ("spx recognize --file one.wav --content logging enabled", f"{ASKED}&storeAudio=true"),
    ("spx recognize --url ROOT/sound.wav --continuous", ASKED),
]


@pytest.mark.parametrize(("line", "path"), LINES, ids=[line for line, _ in LINES])
def test_a_published_line_sends_its_request(line, path, aimed, service, folder):
    (folder / "names.txt").write_text("one.wav\n")
    (folder / "sub").mkdir()
    shutil.copy(VOICE, folder / "sub" / "beside.wav")
    (folder / "list.tsv").write_text("one.wav\tDo you stock it?\n")
    service.on("GET", "/sound.wav", Answer(VOICE.read_bytes()))
    service.on("POST", path, said("Do you stock it?"))

    line = line.replace("ROOT", service.root).replace("SOCKET", service.root.replace("http", "ws"))
    result = aimed(*shlex.split(line)[1:])

    assert result.code == 0, result.err
    assert service.lines[-1] == f"POST {path}"
    sent = service.asked[-1]
    assert sent.headers["Ocp-Apim-Subscription-Key"] == "secret-key"
    assert sent.headers["Content-Type"] == "audio/wav; codecs=audio/pcm; samplerate=16000"
    with wave.open(io.BytesIO(sent.body)) as wav:
        assert wav.getparams()[:3] == (1, 2, 16_000)


def test_the_cloud_is_asked_at_its_own_address_for_speech(spx, folder, service):
    line = f"recognize --file one.wav --region westus2 --key k --proxy {service.root} --logging --endpoint id C"
    result = spx(*line.split(), "--verbose")  # a tunnel is asked for, which the scripted service has not

    assert (result.code, service.lines) == (3, [])
    assert f"POST https://westus2.stt.speech.microsoft.com{PATH}?cid=C&format=detailed&storeAudio=true" in result.err


def test_a_proxy_is_asked_for_what_lies_elsewhere(spx, folder, service):
    service.on("POST", f"http://speech.example{ASKED}", said("Hello."))

    line = (
        f"recognize --file one.wav --host http://speech.example --key k --proxy {service.root.removeprefix('http://')}"
    )

    assert spx(*line.split()).json["text"] == "Hello."


def test_a_token_is_sent_in_place_of_the_key_and_shown_nowhere(aimed, service, folder):
    service.on("POST", ASKED, said("Hello."))

    result = aimed(
        *["recognize", "--file", "one.wav", "--token", "abc.def", "--verbose", "--output", "request", "r.txt"]
    )

    headers = service.asked[0].headers
    assert headers["Authorization"] == "Bearer abc.def"
    assert "Ocp-Apim-Subscription-Key" not in headers
    written = (folder / "r.txt").read_text()
    assert "bytes of sound" in written
    assert "abc.def" not in written + result.out + result.err


def test_a_key_is_not_sent_to_an_address_from_the_folder_alone(spx, folder, service, monkeypatch):
    monkeypatch.setenv("SPEECHSMITH_KEY", "secret-key")
    spx("config", "@endpoint", "--set", service.root, "--hive", "local")

    result = spx("recognize", "--file", "one.wav", "--endpoint", "C")

    assert (result.code, service.lines) == (2, [])
    assert ".spx" in result.err


def test_the_first_utterance_is_the_answer_and_that_there_is_more_is_told(aimed, service, folder):
    service.on("POST", ASKED, said("Hello."))

    result = aimed("recognize", "--file", "two.wav")

    assert len(service.lines) == 1
    assert (result.json["source"], result.json["text"]) == ("two.wav", "Hello.")
    assert "two: more is said after that; --continuous recognizes all of it." in result.err


@pytest.mark.parametrize("how", ["--continuous", "--once+"])
def test_all_of_it_is_cut_at_pauses_and_times_count_from_the_start(how, aimed, service, folder):
    words = [{"Word": "hello", "Offset": 1_000, "Duration": 2_000}]
    service.on("POST", ASKED, said("Hello."), said("Again.", Words=words))

    phrases = aimed("recognize", "--file", "two.wav", how).json["phrases"]

    first, second = phrases
    assert first["Offset"] < TICKS
    assert 5 * TICKS < second["Offset"] < 8 * TICKS
    assert second["NBest"][0]["Words"][0]["Offset"] == second["Offset"] + 1_000
    assert [len(asked.body) < 2 * 16_000 * 5 for asked in service.asked] == [True, True]


@pytest.mark.parametrize(("mode", "longest"), [("interactive", 15), ("dictation", 20)])
def test_speech_without_a_pause_is_cut_to_what_the_address_takes(mode, longest, aimed, service, folder):
    (folder / "long.wav").write_bytes(sound(*[0.0] * 7))
    path = PATH.replace("conversation", mode)
    service.on("POST", f"{path}?language=en-US&format=detailed", said("Hello."))

    aimed("recognize", "--file", "long.wav", "--continuous", "--language", "en-US", "--endpoint", service.url(path))

    sent = [len(asked.body) / 32_000 for asked in service.asked]
    assert longest - 5.1 < max(sent) < longest + 0.01
    assert len(sent) > 1


def test_what_is_said_into_standard_input_is_recognized(aimed, service, folder, monkeypatch):
    service.on("POST", ASKED, said("Hello."))
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(VOICE.read_bytes())))

    assert aimed("recognize", "--file", "-", "--output", "all", "id").out == "id\nstdin\n"


def test_silence_is_an_empty_answer_and_nothing_is_sent(aimed, service, folder):
    with wave.open("silence.wav", "wb") as wav:
        wav.setparams((1, 2, 16_000, 0, "NONE", ""))
        wav.writeframes(bytes(64_000))

    result = aimed("recognize", "--file", "silence.wav")

    assert (result.code, service.lines) == (0, [])
    assert result.json == {"source": "silence.wav", "text": "", "phrases": []}


def test_the_key_does_not_go_along_to_where_a_recording_is_fetched(aimed, service, folder):
    service.on("POST", ASKED, said("Hello."))
    with serving() as elsewhere:
        elsewhere.on("GET", "/call.wav?sig=1", Answer(VOICE.read_bytes()))
        result = aimed("recognize", "--url", elsewhere.url("/call.wav?sig=1"), "--output", "all", "id")
        headers = elsewhere.asked[0].headers

    assert result.out == "id\ncall\n"
    assert "secret-key" not in headers.values()


def test_one_bad_file_does_not_stop_the_others_whose_order_is_kept(aimed, service, folder):
    shutil.copy(VOICE, folder / "three.wav")
    service.on("POST", ASKED, said("Hello."))

    result = aimed("recognize", "--files", "one.wav;no.wav;three.wav", "--threads", "3")

    assert result.code == 1
    assert [value["source"] for value in result.json["values"]] == ["one.wav", "no.wav", "three.wav"]
    assert "damaged or not a sound file" in result.json["values"][1]["error"]["message"]
    assert "1 of 3 recordings could not be recognized" in result.err


def test_a_wrong_key_stops_all(aimed, service, folder):
    service.on("POST", ASKED, Answer({"error": {"code": "401", "message": "Access denied."}}, 401))

    result = aimed("recognize", "--files", "one.wav;two.wav")

    assert (result.code, result.out, len(service.lines)) == (4, "", 1)


def test_what_was_recognized_before_the_service_went_away_is_told(aimed, service, folder):
    service.on("POST", ASKED, said("Hello."), Answer({"code": "Forbidden", "message": "No more."}, 403))

    result = aimed("recognize", "--file", "two.wav", "--continuous")

    assert (result.code, result.json["text"]) == (4, "Hello.")
    assert result.json["error"] == {"code": "Forbidden", "message": "No more."}


@pytest.mark.parametrize("threads", ["1", "2"])
def test_an_interrupt_leaves_what_was_recognized_by_then(threads, aimed, service, folder, monkeypatch):
    ask = Recognizer.phrases

    def interrupted(self, stretches):
        for place, phrase in enumerate(ask(self, stretches)):
            if place:
                raise KeyboardInterrupt
            yield phrase

    monkeypatch.setattr(Recognizer, "phrases", interrupted)
    service.on("POST", ASKED, said("Hello."))

    result = aimed("recognize", "--files", "one.wav;two.wav", "--continuous", "--threads", threads)

    assert result.code == 130
    assert [value["text"] for value in result.json["values"]] == ["Hello.", "Hello."]
    assert "error" in result.json["values"][1]


def test_an_interrupt_does_not_wait_for_what_other_threads_recognize(aimed, service, folder, monkeypatch):
    shutil.copy(VOICE, folder / "three.wav")
    both_are_at_work, release = threading.Barrier(2, timeout=30), threading.Event()
    ended = threading.Semaphore(0)

    def endless(self, stretches):
        if both_are_at_work.wait() == 0:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        release.wait(30)
        ended.release()
        yield from ()

    monkeypatch.setattr(Recognizer, "phrases", endless)

    result = aimed("recognize", "--files", "one.wav;two.wav;three.wav", "--threads", "2")

    assert not ended.acquire(blocking=False)
    release.set()
    assert all(ended.acquire(timeout=30) for _ in range(2))
    assert (result.code, result.out) == (130, "")
    assert "Interrupted." in result.err


def test_a_refusal_of_one_file_is_its_own_error(aimed, service, folder):
    service.on("POST", ASKED, Answer({"code": "InvalidRequest", "message": "No."}, 400), said("Hello."))

    result = aimed("recognize", "--files", "one.wav;two.wav")

    assert (result.code, [value["text"] for value in result.json["values"]]) == (1, ["", "Hello."])


def test_when_the_time_is_up_nothing_more_is_sent(aimed, service, folder):
    result = aimed("recognize", "--file", "one.wav", "--timeout", "0")

    assert (result.code, service.lines) == (5, [])


def test_a_transcript_is_compared_as_it_is_spoken(aimed, service, folder):
    service.on("POST", ASKED, said("I have 2 dogs.", "i have two dogs"))

    answer = aimed("recognize", "--file", "one.wav", "--transcript", "I had two dogs!").json

    assert answer["wordErrorRate"] == 0.25
    assert (answer["correctWordCount"], answer["wordSubstitutionCount"]) == (3, 1)


CHECKS = [
    ("--check wer lt 30", 0),
    ("--check wer le 25 --check wer ge 25", 0),
    ("--check wer eq 25", 0),
    ("--check wer lt 25", 6),
    ("--check wer gt 25", 6),
    ("--check total wer lt 26", 0),
    ("--check total wer lt 10", 6),
]


@pytest.mark.parametrize(("check", "code"), CHECKS, ids=[check for check, _ in CHECKS])
def test_a_check_decides_the_exit_code_behind_the_answer(check, code, aimed, service, folder):
    service.on("POST", ASKED, said("I have two dogs."))

    result = aimed("recognize", "--file", "one.wav", "--transcript", "I had two dogs", *check.split())

    assert (result.code, result.json["wordErrorRate"]) == (code, 0.25)
    assert ("25.00 % is not" in result.err) == (code == 6)


def test_rates_of_several_recordings_add_up_by_their_words(aimed, service, folder):
    (folder / "sub").mkdir()
    shutil.copy(VOICE, folder / "sub" / "beside.wav")
    (folder / "sub" / "list.txt").write_text("one.wav;hello\nbeside.wav;hello my dear; friend\n")
    service.on("POST", ASKED, said("Hello."))

    line = 'recognize --foreach "file;transcript" in @sub/list.txt --check wer le 0 --check total wer le 60'
    result = aimed(*shlex.split(line))

    assert result.code == 6
    assert "sub/beside.wav: 75.00 % is not le 0" in result.err
    assert result.json["wordErrorRate"] == 0.6
    assert [value["wordErrorRate"] for value in result.json["values"]] == [0.0, 0.75]


TIMED = [
    {"DisplayText": "Hello", "Offset": 0, "Duration": TICKS // 2},
    {"DisplayText": "there.", "Offset": TICKS // 2, "Duration": TICKS // 2},
]


def test_subtitles_ask_for_the_times_of_words(aimed, service, folder):
    service.on("POST", f"{ASKED}&wordLevelTimestamps=true", said("Hello there.", DisplayWords=TIMED))

    result = aimed(*["recognize", "--file", "one.wav", "--output", "srt", "--output", "vtt", "file", "subs/{id}.vtt"])

    cue = "00:00:00{0}000 --> 00:00:01{0}000\nHello there.\n"
    assert result.out == "1\n" + cue.format(",")
    assert (folder / "subs" / "one.vtt").read_text() == "WEBVTT\n\n" + cue.format(".")


def test_subtitles_without_times_of_words_share_the_phrase_out(aimed, service, folder):
    service.on("POST", f"{ASKED}&wordLevelTimestamps=true", said("Hello there."))

    assert (
        "00:00:00.000 --> 00:00:01.000\nHello there.\n"
        in aimed("recognize", "--file", "one.wav", "--output", "vtt").out
    )


def test_subtitles_of_several_recordings_have_a_file_each(aimed, service, folder):
    service.on("POST", f"{ASKED}&wordLevelTimestamps=true", said("Hello there.", DisplayWords=TIMED))

    refused = aimed("recognize", "--files", "one.wav;two.wav", "--output", "srt", "all.srt")
    result = aimed("recognize", "--files", "one.wav;two.wav", "--output", "srt", "{id}.srt")

    assert refused.code == 2
    assert "--output srt file {id}.srt" in refused.err
    assert len(result.json["values"]) == 2
    assert (folder / "one.srt").read_text() == (folder / "two.srt").read_text()


def test_a_table_has_the_items_that_are_asked_for_in_their_order(aimed, service, folder):
    service.on("POST", ASKED, said("Hello\tthere."))

    line = (
        "recognize --file two.wav --continuous --output all text --output all recognized result lexical text "
        "--output all file all.tsv --output each itn text --output each offset --output each file type json"
    )
    result = aimed(*line.split())

    assert (folder / "all.tsv").read_text() == (
        "text\tlexical text\nHello there. Hello there.\thello there hello there\n"
    )
    each = json.loads(result.out)
    assert [list(row) for row in each] == [["itn text", "offset"]] * 2
    assert each[0]["offset"] < 1
    assert each[1]["offset"] > 5


def test_the_preset_names_recording_session_and_text(aimed, service, folder):
    service.on("POST", ASKED, said("Hello."))

    names, row = aimed("recognize", "--file", "one.wav", "--output", "tsv").out.splitlines()

    assert names.split("\t") == ["id", "session id", "text"]
    assert row == f"one\t{service.asked[0].headers['X-ConnectionId']}\tHello."


def test_a_batch_result_has_the_shape_of_batch_transcription(aimed, service, folder):
    words = [{"Word": "hello", "Offset": 0, "Duration": TICKS // 2}]
    service.on("POST", f"{ASKED}&wordLevelTimestamps=true", said("Hello.", Words=words))

    line = "recognize --file one.wav --word level timing --output batch json --output json file answer.json"
    result = aimed(*line.split()).json

    assert json.loads((folder / "answer.json").read_text())["text"] == "Hello."
    assert (result["source"], result["duration"]) == ("one.wav", "PT1S")
    assert result["combinedRecognizedPhrases"][0]["display"] == "Hello."
    best = result["recognizedPhrases"][0]["nBest"][0]
    assert (best["confidence"], best["lexical"], best["maskedITN"]) == (0.9, "hello", "Hello.")
    assert best["words"] == [
        {"word": "hello", "offset": "PT0S", "duration": "PT0.5S", "offsetInTicks": 0.0, "durationInTicks": 5_000_000.0}
    ]


REFUSED = [
    ("", "What is to be recognized?"),
    ("--file one.wav --url http://x.example/a.wav", "there are --file and --url"),
    ("--file none.wav", "no such file"),
    ("--files none*.wav", "no such file"),
    ("--files .", "names the folder '.'"),
    ("one.wav", "such as --file one.wav"),
    ("--foreach file in", "--foreach takes"),
    ("--foreach name in @list", "knows the columns"),
    ("--foreach transcript in @list", "needs a column file"),
    ("--file one.wav --format mp7", "--format is one of"),
    ("--file one.wav --format table", "--output all text"),
    ("--file one.wav --profanity some", "--profanity is one of"),
    ("--file one.wav --languages de-DE;en-US", "once for each --language"),
    ("--file one.wav --keyword k.table", "--microphone --continuous"),
    ("--file one.wav --log l.txt", "--verbose"),
    ("--file one.wav --wer url http://x.example", "--transcript TEXT"),
    ("--file one.wav --check wer lt 10", "needs what was said"),
    ("--file one.wav --transcript a --check wer near 10", "takes one of lt, le"),
    ("--file one.wav --transcript a --check wer lt many", "takes one of lt, le"),
    ("--files *.wav --transcript a", "--foreach"),
    ("--file one.wav --transcript a --endpoint id C", "In which language"),
    ("--file one.wav --endpoint wss://x.example/stt/speech/universal/v2", "neither an endpoint nor"),
    ("--file one.wav --output all colour", "There is no item 'colour'"),
    ("--file one.wav --output each file type xml", "tsv or json"),
    ("--file one.wav --proxy :x:", "is not an address"),
    ("--file one.wav --proxy socks5://x.example", "not an address of a proxy"),
    ("--file no.wav", "damaged or not a sound file"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_cannot_be_done_is_refused_before_anything_is_sent(words, sentence, aimed, service, folder):
    (folder / "list").write_text("one.wav\n")

    result = aimed("recognize", *words.split())

    assert (result.code, result.out, service.lines) == (2, "", [])
    assert sentence in result.err


class Recorder(types.ModuleType):
    """The library of the microphone, for a machine with one device that hears some sound and then silence."""

    PortAudioError = RuntimeError

    def __init__(self, sound: bytes) -> None:
        super().__init__("sounddevice")
        self.sound, self.opened, self.is_interrupted = sound, {}, False

    def RawInputStream(self, **options):  # noqa: N802 - as the library has it
        if options["device"] not in {None, 0, "Desk"}:
            raise ValueError("No input device matching")
        self.opened = options
        self.callback = options["callback"]
        return self

    def query_devices(self):
        return [{"name": "Desk", "max_input_channels": 1}, {"name": "Speaker", "max_input_channels": 0}]

    def __enter__(self):
        step = 2 * self.opened["blocksize"]
        for place in range(0, len(self.sound), step):
            self.callback(self.sound[place : place + step], None, None, None)

        if self.is_interrupted:
            signal.raise_signal(signal.SIGINT)

    def __exit__(self, *_):
        pass

    def stop(self):
        pass


@pytest.fixture
def recorder(monkeypatch):
    made = Recorder(sound(3.0, 0.0)[44:] + bytes(2 * 16_000 * 20))
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    return made


@pytest.mark.parametrize(
    ("words", "count"), [("--microphone", 1), ("--microphone Desk --continuous --timeout 18000", 2)]
)
def test_a_microphone_is_listened_to_until_it_is_enough(words, count, aimed, service, recorder):
    service.on("POST", ASKED, said("Hello."))

    result = aimed("recognize", *words.split(), "--language", "en-US")

    assert len(result.json["phrases"]) == len(service.lines) == count
    assert result.json["source"] == "microphone"
    assert (recorder.opened["samplerate"], recorder.opened["channels"]) == (16_000, 1)


def test_an_interrupt_ends_the_listening_and_what_was_heard_by_then_is_the_answer(aimed, service, recorder):
    service.on("POST", ASKED, said("Hello."))
    recorder.is_interrupted = True

    result = aimed("recognize", "--microphone", "--continuous")

    assert (result.code, len(result.json["phrases"])) == (0, 2)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_device_that_is_not_there_is_refused_with_those_that_are(aimed, recorder):
    result = aimed("recognize", "--microphone", "Kitchen")

    assert result.code == 2
    assert "There are: 0 Desk." in result.err


def test_without_the_library_it_is_told_how_to_get_it(aimed, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    result = aimed("recognize", "--microphone")

    assert result.code == 2
    assert "pip install 'speechsmith[microphone]'" in result.err


@pytest.mark.parametrize("words", [["--files", ""], ["--files", ";"]])
def test_no_files_at_all_are_no_success(aimed, service, folder, words):
    result = aimed("recognize", *words, "--check", "total", "wer", "lt", "10")

    assert (result.code, service.asked) == (2, [])
    assert "--files is empty" in result.err


def test_a_pipe_in_a_list_is_not_waited_for(aimed, service, folder):
    os.mkfifo(folder / "pipe")
    (folder / "list").write_text("pipe\n")

    result = aimed("recognize", "--foreach", "file", "in", "@list")

    assert result.code == 1
    assert result.json["values"][0]["error"]["message"] == "pipe cannot be read: it is no file."


@pytest.mark.parametrize("name", ["..wav", "...wav", "http://h/..", "http://h/a/...?x"])
def test_the_id_of_a_recording_never_names_another_folder(name):
    assert Source(name).id.strip(".")
