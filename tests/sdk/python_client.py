"""One use of the Speech SDK for Python, in a process of its own: what to do as JSON in argv, what was seen as JSON out.

The wish is the same as for `js_client.mjs`; `client.py` says what may be in it. Everything that the SDK gave is kept
alive until the end: it aborts the process when a stream or a recognizer is collected while it is in use.
"""

import json
import os
import sys
import threading
import time
import wave
from typing import Any

import azure.cognitiveservices.speech as sdk

SIGNALS = ("session_started", "session_stopped", "speech_start_detected", "speech_end_detected")
PROFANITY = {name.lower(): getattr(sdk.ProfanityOption, name) for name in ("Raw", "Masked", "Removed")}
FED_MS = 100


class Seen:
    """What happened, in order; others may wait for it."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.events: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    def add(self, name: str, **told: Any) -> None:
        with self.changed:
            self.events.append({"event": name, "at": round(time.monotonic() - self.began, 3)} | told)
            self.changed.notify_all()

    def count(self, *names: str) -> int:
        return sum(event["event"] in names for event in self.events)

    def wait(self, count: int, *names: str) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.count(*names) >= count)


def told(result: Any) -> dict[str, Any]:
    """All that a result says."""
    answer = {"reason": result.reason.name, "text": result.text, "offset": result.offset, "duration": result.duration}
    answer |= {"json": result.json, "speaker": getattr(result, "speaker_id", None)}
    answer["language"] = sdk.AutoDetectSourceLanguageResult(result).language
    if result.reason == sdk.ResultReason.NoMatch:
        answer["no_match"] = result.no_match_details.reason.name
    if result.reason == sdk.ResultReason.Canceled:
        answer |= canceled(result.cancellation_details)
    return answer


def canceled(details: Any) -> dict[str, Any]:
    """Why there is no result."""
    return {"cause": details.reason.name, "code": details.code.name, "details": details.error_details}


def configured(wish: dict[str, Any]) -> Any:
    """The configuration that a user would write."""
    kind = sdk.translation.SpeechTranslationConfig if wish.get("kind") == "translator" else sdk.SpeechConfig
    address = {name: wish[name] for name in ("host", "endpoint") if name in wish}
    config = kind(subscription=wish.get("key"), **address)
    if kind is not sdk.SpeechConfig:
        config.add_target_language("de")
    if "token" in wish:
        config.authorization_token = wish["token"]
    if "language" in wish:
        config.speech_recognition_language = wish["language"]
    if "endpoint_id" in wish:
        config.endpoint_id = wish["endpoint_id"]
    if wish.get("detailed"):
        config.output_format = sdk.OutputFormat.Detailed
    if wish.get("words"):
        config.request_word_level_timestamps()
    if wish.get("dictation"):
        config.enable_dictation()
    if "profanity" in wish:
        config.set_profanity(PROFANITY[wish["profanity"]])
    for name, value in wish.get("properties", {}).items():
        config.set_property(sdk.PropertyId[name], value)
    for name, value in wish.get("named", {}).items():
        config.set_property_by_name(name, value)
    for name, value in wish.get("service", {}).items():
        config.set_service_property(name, value, sdk.ServicePropertyChannel.UriQueryParameter)
    return config


def opened(wish: dict[str, Any]) -> tuple[Any, Any]:
    """The audio of a wish: a file, or a stream that is fed by the second value."""
    if "file" in wish:
        return sdk.audio.AudioConfig(filename=wish["file"]), None
    with wave.open(wish["push"]) as file:
        rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
        pcm = file.readframes(file.getnframes())
    stream = sdk.audio.PushAudioInputStream(sdk.audio.AudioStreamFormat(rate, 8 * width, channels))
    second = rate * width * channels

    def feed() -> None:
        size = second * wish.get("packet_ms", FED_MS) // 1000 // (width * channels) * width * channels
        pause_at = int(wish.get("pause_at", -1) * second) // size * size
        for at in range(0, len(pcm), size):
            if at == pause_at:
                time.sleep(wish["pause"])
            stream.write(pcm[at : at + size])
            if wish.get("paced"):
                time.sleep(size / second)
        if not wish.get("held"):
            stream.close()

    return sdk.audio.AudioConfig(stream=stream), (stream, feed)


def made(wish: dict[str, Any], config: Any, audio: Any) -> Any:
    """The recognizer of the kind that is asked for."""
    if wish.get("kind") == "transcriber":
        return sdk.transcription.ConversationTranscriber(speech_config=config, audio_config=audio)
    if wish.get("kind") == "translator":
        return sdk.translation.TranslationRecognizer(translation_config=config, audio_config=audio)
    languages = {}
    if "languages" in wish:
        detect = sdk.languageconfig.AutoDetectSourceLanguageConfig(languages=wish["languages"])
        languages = {"auto_detect_source_language_config": detect}
    recognizer = sdk.SpeechRecognizer(speech_config=config, audio_config=audio, **languages)
    if "phrases" in wish:
        phrases = sdk.PhraseListGrammar.from_recognizer(recognizer)
        for phrase in wish["phrases"]:
            phrases.addPhrase(phrase)
        if "weight" in wish:
            phrases.setWeight(wish["weight"])
    if "assess" in wish:
        sdk.PronunciationAssessmentConfig(reference_text=wish["assess"]).apply_to(recognizer)
    return recognizer


def listen(recognizer: Any, connection: Any, seen: Seen) -> None:
    """Have everything that happens written down."""
    transcriber = isinstance(recognizer, sdk.transcription.ConversationTranscriber)
    results = {"recognizing": "transcribing", "recognized": "transcribed"} if transcriber else {}
    for name in SIGNALS:
        getattr(recognizer, name).connect(
            lambda event, name=name: seen.add(name, session=event.session_id, offset=getattr(event, "offset", None))
        )
    for name in ("recognizing", "recognized"):
        getattr(recognizer, results.get(name, name)).connect(
            lambda event, name=name: seen.add(name, **told(event.result))
        )
    recognizer.canceled.connect(lambda event: seen.add("canceled", **canceled(event.cancellation_details)))
    if connection is not None:
        connection.connected.connect(lambda event: seen.add("connected"))
        connection.disconnected.connect(lambda event: seen.add("disconnected"))


def run(wish: dict[str, Any], seen: Seen) -> None:
    """Do what is wished."""
    audio, stream = opened(wish)
    recognizer = made(wish, configured(wish), audio)
    connection = None if wish.get("kind") else sdk.Connection.from_recognizer(recognizer)
    listen(recognizer, connection, seen)
    if wish.get("preconnect"):
        connection.open(wish["call"] == "continuous")
        seen.wait(1, "connected")
    if stream:
        threading.Thread(target=stream[1], daemon=True).start()
    verb = "transcribing" if wish.get("kind") == "transcriber" else "continuous_recognition"
    start, stop = (getattr(recognizer, f"{word}_{verb}_async") for word in ("start", "stop"))
    for _ in range(wish.get("times", 1)):
        if wish["call"] == "once":
            seen.add("result", **told(recognizer.recognize_once_async().get()))
            continue
        until = (wish["stop_at"], "canceled") if "stop_at" in wish else ("session_stopped",)
        before, stopped = seen.count(*until), seen.count("session_stopped")
        start().get()
        seen.wait(before + 1, *until)
        stop().get()
        seen.wait(stopped + 1, "session_stopped")
    seen.add("end")
    sys.stdout.write(json.dumps(seen.events) + "\n")
    sys.stdout.flush()
    os._exit(0)  # here, where everything is alive still


if __name__ == "__main__":
    run(json.loads(sys.argv[1]), Seen())
