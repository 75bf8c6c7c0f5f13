// One use of the Speech SDK for JavaScript: where it is and what to do in argv, what was seen as JSON out.
//
// The wish is the same as for `python_client.py`; `client.py` says what may be in it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , packages, spoken] = process.argv;
const sdk = createRequire(`${packages}/`)("microsoft-cognitiveservices-speech-sdk");
const wish = JSON.parse(spoken);

const began = performance.now();
const events = [];
let changed = () => {};

function add(event, told = {}) {
  events.push({ event, at: (performance.now() - began) / 1000, ...told });
  changed();
}

const count = (...names) => events.filter((one) => names.includes(one.event)).length;

function until(needed, ...names) {
  return new Promise((resolve) => {
    const before = changed;
    changed = () => {
      before();
      if (count(...names) >= needed) resolve();
    };
    changed();
  });
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const canceled = (details) => ({
  cause: sdk.CancellationReason[details.reason],
  code: sdk.CancellationErrorCode[details.ErrorCode ?? details.errorCode],
  details: details.errorDetails,
});

function told(result) {
  const answer = {
    reason: sdk.ResultReason[result.reason],
    text: result.text ?? "",
    offset: result.offset,
    duration: result.duration,
    json: result.json,
    speaker: result.speakerId ?? null,
    language: result.language ?? null,
  };
  if (answer.reason === "NoMatch") answer.no_match = sdk.NoMatchReason[sdk.NoMatchDetails.fromResult(result).reason];
  if (answer.reason === "Canceled") Object.assign(answer, canceled(sdk.CancellationDetails.fromResult(result)));
  return answer;
}

function configured() {
  const kind = wish.kind === "translator" ? sdk.SpeechTranslationConfig : sdk.SpeechConfig;
  const config = wish.host
    ? kind.fromHost(new URL(wish.host), wish.key)
    : kind.fromEndpoint(new URL(wish.endpoint), wish.key);
  config.speechRecognitionLanguage = wish.language ?? "en-US";
  if (wish.kind === "translator") config.addTargetLanguage("de");
  if (wish.token) config.authorizationToken = wish.token;
  if (wish.endpoint_id) config.endpointId = wish.endpoint_id;
  if (wish.detailed) config.outputFormat = sdk.OutputFormat.Detailed;
  if (wish.words) config.requestWordLevelTimestamps();
  if (wish.dictation) config.enableDictation();
  if (wish.profanity) config.setProfanity(sdk.ProfanityOption[wish.profanity[0].toUpperCase() + wish.profanity.slice(1)]);
  for (const [name, value] of Object.entries(wish.properties ?? {})) config.setProperty(sdk.PropertyId[name], value);
  for (const [name, value] of Object.entries(wish.named ?? {})) config.setProperty(name, value);
  for (const [name, value] of Object.entries(wish.service ?? {}))
    config.setServiceProperty(name, value, sdk.ServicePropertyChannel.UriQueryParameter);
  return config;
}

// The samples of a canonical WAV file: what follows the word "data" and its size.
function pcmOf(wav) {
  const at = wav.indexOf("data") + 8;
  return { rate: wav.readUInt32LE(24), channels: wav.readUInt16LE(22), bits: wav.readUInt16LE(34), pcm: wav.subarray(at) };
}

function opened() {
  if (wish.file) return [sdk.AudioConfig.fromWavFileInput(readFileSync(wish.file), wish.file), async () => {}];
  const { rate, channels, bits, pcm } = pcmOf(readFileSync(wish.push));
  const stream = sdk.AudioInputStream.createPushStream(sdk.AudioStreamFormat.getWaveFormatPCM(rate, bits, channels));
  const frame = (bits / 8) * channels;
  const size = Math.floor((rate * (wish.packet_ms ?? 100)) / 1000) * frame;
  const pauseAt = Math.floor(((wish.pause_at ?? -1) * rate * frame) / size) * size;
  const feed = async () => {
    for (let at = 0; at < pcm.length; at += size) {
      if (at === pauseAt) await pause(wish.pause * 1000);
      const packet = pcm.subarray(at, at + size);
      stream.write(packet.buffer.slice(packet.byteOffset, packet.byteOffset + packet.length));
      if (wish.paced) await pause((1000 * size) / (rate * frame));
    }
    if (!wish.held) stream.close();
  };
  return [sdk.AudioConfig.fromStreamInput(stream), feed];
}

function made(config, audio) {
  if (wish.kind === "transcriber") return new sdk.ConversationTranscriber(config, audio);
  if (wish.kind === "translator") return new sdk.TranslationRecognizer(config, audio);
  const detect = wish.languages && sdk.AutoDetectSourceLanguageConfig.fromLanguages(wish.languages);
  const recognizer = detect
    ? sdk.SpeechRecognizer.FromConfig(config, detect, audio)
    : new sdk.SpeechRecognizer(config, audio);
  if (wish.phrases) {
    const phrases = sdk.PhraseListGrammar.fromRecognizer(recognizer);
    phrases.addPhrases(wish.phrases);
    if (wish.weight) phrases.setWeight(wish.weight);
  }
  if (wish.assess) new sdk.PronunciationAssessmentConfig(wish.assess).applyTo(recognizer);
  return recognizer;
}

function listen(recognizer, connection) {
  const [hearing, heard] = wish.kind === "transcriber" ? ["transcribing", "transcribed"] : ["recognizing", "recognized"];
  recognizer[hearing] = (_, event) => add("recognizing", told(event.result));
  recognizer[heard] = (_, event) => add("recognized", told(event.result));
  recognizer.canceled = (_, event) => add("canceled", canceled(event));
  recognizer.sessionStarted = (_, event) => add("session_started", { session: event.sessionId });
  recognizer.sessionStopped = (_, event) => add("session_stopped", { session: event.sessionId });
  recognizer.speechStartDetected = (_, event) => add("speech_start_detected", { offset: event.offset });
  recognizer.speechEndDetected = (_, event) => add("speech_end_detected", { offset: event.offset });
  connection.connected = () => add("connected");
  connection.disconnected = () => add("disconnected");
}

const done = (start) => new Promise((resolve, reject) => start(resolve, reject));

async function run() {
  const [audio, feed] = opened();
  const recognizer = made(configured(), audio);
  const connection = sdk.Connection.fromRecognizer(recognizer);
  listen(recognizer, connection);
  if (wish.preconnect) {
    connection.openConnection();
    await until(1, "connected");
  }
  const verb = wish.kind === "transcriber" ? "Transcribing" : "ContinuousRecognition";
  const fed = feed();
  for (let time = 0; time < (wish.times ?? 1); time++) {
    if (wish.call === "once") {
      add("result", told(await done((yes, no) => recognizer.recognizeOnceAsync(yes, no))));
      continue;
    }
    const awaited = wish.stop_at ? [wish.stop_at, "canceled"] : ["session_stopped", "canceled"];
    const before = count(...awaited);
    await done((yes, no) => recognizer[`start${verb}Async`](yes, no));
    await until(before + 1, ...awaited);
    await done((yes, no) => recognizer[`stop${verb}Async`](yes, no));
  }
  if (!wish.stop_at) await fed;
  add("end");
  process.stdout.write(JSON.stringify(events) + "\n", () => process.exit(0));
}

run().catch((error) => {
  add("failed", { details: String(error) });
  process.stdout.write(JSON.stringify(events) + "\n", () => process.exit(0));
});
