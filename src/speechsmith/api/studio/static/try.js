// Speak to an endpoint from the browser, in the language of the Speech SDKs (docs/howto/live-recognition.md): messages
// of text with headers, sound in binary ones, and a piece of no length for its end.
const RATE_HZ = 16000;
const PIECE = 1600; // samples: 0.1 s
const TICKS = 1e7; // in a second
const MOST_WAITING = 1 << 18; // bytes that the browser may still have to send
const MOST_FILE_BYTES = 200e6;
const PATH = "/speech/recognition/conversation/cognitiveservices/v1";
const REFUSED =
  "The service did not take the connection. Perhaps it listens to as many as it can, or is stopping; try again in a while.";

const root = document.querySelector("#try");
const part = (id) => root.querySelector(`#${id}`);
const [speak, stop, recording, level, sent, status, guess, phrases] =
  ["speak", "stop", "recording", "level", "sent", "status", "guess", "phrases"].map(part);

const say = (text) => (status.textContent = text);
const seconds = (ticks) => ticks / TICKS;
const clock = (ticks) => `${Math.floor(seconds(ticks) / 60)}:${(seconds(ticks) % 60).toFixed(1).padStart(4, "0")}`;
const percent = (share) => `${Math.round(100 * share)} %`;

function element(name, text = "", ...children) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...children);
  return made;
}

// The line

class Line {
  constructor(token, heard) {
    const address = new URL(PATH, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.id = crypto.getRandomValues(new Uint8Array(16)).reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), "");
    address.search = new URLSearchParams({
      cid: root.dataset.endpoint,
      format: "detailed",
      wordLevelTimestamps: "true",
      wordLevelConfidence: "true",
      "X-ConnectionId": this.id,
      Authorization: `Bearer ${token}`,
    });
    this.heard = heard;
    this.isDone = false;
    this.head = new TextEncoder().encode(`Path:audio\r\nX-RequestId:${this.id}\r\n`);
    this.socket = new WebSocket(address);
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener("open", () => {
        this.socket.send(`Path:speech.context\r\nX-RequestId:${this.id}\r\nContent-Type:application/json\r\n\r\n{}`);
        resolve();
      });
      this.socket.addEventListener("close", (event) => reject(new Error(event.reason || REFUSED)));
    });
    this.ended = new Promise((resolve, reject) => {
      this.socket.addEventListener("message", (event) => {
        const end = event.data.indexOf("\r\n\r\n");
        const path = /^path: *(\S+)/im.exec(event.data.slice(0, end))[1];
        const body = event.data.slice(end + 4);
        this.heard(path, body ? JSON.parse(body) : {});
        if (path !== "turn.end") return;
        this.isDone = true;
        this.socket.close(1000);
        resolve();
      });
      this.socket.addEventListener("close", (event) => reject(new Error(event.reason || "The connection has ended. Try again.")));
    });
    this.ended.catch(() => (this.isDone = true)); // told where it is waited for
  }

  send(samples) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const frame = new Uint8Array(2 + this.head.length + bytes.length);
    frame.set([this.head.length >> 8, this.head.length & 255]);
    frame.set(this.head, 2);
    frame.set(bytes, 2 + this.head.length);
    this.socket.send(frame);
  }

  finish() {
    this.send(new Int16Array(0));
  }

  close() {
    this.isDone = true;
    this.socket.close();
  }

  async room() {
    while (this.socket.bufferedAmount > MOST_WAITING && !this.isDone) await new Promise((next) => setTimeout(next, 50));
  }
}

async function tokenFromStudio() {
  const answer = await fetch(root.dataset.tokens, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ token: document.querySelector("input[name=token]").value }),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.message);
  return told.token;
}

// What is heard

function wordsOf(best) {
  const rows = (best.Words ?? []).map((word) =>
    element("tr", "", element("td", word.Word), element("td", clock(word.Offset)), element("td", `${seconds(word.Duration).toFixed(2)} s`), element("td", word.Confidence === undefined ? "" : percent(word.Confidence))),
  );
  const names = ["Word", "At", "Length", "Confidence"].map((name) => {
    const head = element("th", name);
    head.scope = "col";
    return head;
  });
  const caption = element("caption", "Words with their times");
  caption.className = "hidden";
  const table = element("table", "", caption, element("thead", "", element("tr", "", ...names)), element("tbody", "", ...rows));
  table.className = "times";
  return table;
}

function folded(name, inside) {
  return element("details", "", element("summary", name), inside);
}

function shown(phrase) {
  const [best] = phrase.NBest;
  const about = element("p", `At ${clock(phrase.Offset)}, ${seconds(phrase.Duration).toFixed(1)} s, confidence ${percent(best.Confidence)}`);
  about.className = "help";
  const item = element("li", "", element("p", best.Display), about);
  const json = element("pre", JSON.stringify(phrase, null, 2));
  json.tabIndex = 0; // it scrolls
  item.append(folded("Words", wordsOf(best)), folded("JSON", json));
  return item;
}

function hear(path, body, total) {
  if (path === "speech.hypothesis") guess.textContent = body.Text;
  if (path !== "speech.hypothesis" && path !== "speech.phrase") return;
  if (total) sent.value = Math.min(1, seconds(body.Offset + body.Duration) / total);
  if (path !== "speech.phrase") return;
  guess.textContent = "";
  if (body.RecognitionStatus === "Success") phrases.prepend(shown(body));
}

// What is said

async function microphone(line) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule(root.dataset.microphone);
    const worklet = new AudioWorkletNode(context, "microphone");
    context.createMediaStreamSource(stream).connect(worklet).connect(context.destination); // it says nothing itself
    await context.resume();
    say("Listening.");
    await new Promise((done) => {
      worklet.port.onmessage = ({ data }) => {
        if (data.isLast) return done();
        level.value = data.peak;
        line.send(data.samples);
      };
      const close = () => worklet.port.postMessage("close");
      stop.addEventListener("click", close, { once: true });
      line.ended.then(close, close);
    });
  } finally {
    level.value = 0;
    for (const track of stream.getTracks()) track.stop();
    await context.close();
  }
}

async function decoded(file) {
  if (file.size > MOST_FILE_BYTES) throw new Error("The recording is too large for a page. Transcribe it as a batch, with spx.");
  let sound;
  try {
    sound = await new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error("This browser cannot play the file, so it cannot send it either. Choose another, such as WAV, MP3 or Ogg.");
  }
  const channels = Array.from({ length: sound.numberOfChannels }, (_, number) => sound.getChannelData(number));
  const samples = new Int16Array(sound.length);
  for (let i = 0; i < samples.length; i++) {
    const mono = channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length;
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(32767 * mono)));
  }
  return samples;
}

async function play(line, samples) {
  say("Listening to the recording.");
  const leave = () => line.close();
  stop.addEventListener("click", leave, { once: true });
  for (let at = 0; at < samples.length && !line.isDone; at += PIECE) {
    line.send(samples.subarray(at, at + PIECE));
    await line.room();
  }
}

const WORDS = {
  NotAllowedError: "The microphone is not allowed here. Allow it in the address bar of the browser, and start again.",
  NotFoundError: "There is no microphone. Plug one in, or choose a recording.",
  NotReadableError: "Another program has the microphone. Close that, and start again.",
};

async function turn(total, give) {
  for (const control of [speak, recording]) control.disabled = true;
  stop.disabled = false;
  stop.focus();
  sent.value = 0;
  const before = phrases.childElementCount;
  let line;
  let isLeft = false;
  const left = () => (isLeft = true);
  stop.addEventListener("click", left, { once: true });
  try {
    say("Connecting.");
    line = new Line(await tokenFromStudio(), (path, body) => hear(path, body, total));
    await line.opened;
    await give(line);
    line.finish();
    say("Waiting for the last words.");
    await line.ended;
    if (total) sent.value = 1;
    say(phrases.childElementCount > before ? "All is heard." : "No speech was found.");
  } catch (error) {
    line?.close();
    say(isLeft && total ? "Stopped." : (WORDS[error.name] ?? error.message));
  } finally {
    stop.removeEventListener("click", left);
    guess.textContent = "";
    for (const control of [speak, recording]) control.disabled = false;
    stop.disabled = true;
    (total ? recording : speak).focus();
  }
}

speak.addEventListener("click", () => {
  if (!navigator.mediaDevices) {
    say("Browsers give a microphone only to pages that come by https, or from this machine itself. Open Studio by https, or choose a recording.");
    return;
  }
  turn(0, microphone);
});

recording.addEventListener("change", async () => {
  const [file] = recording.files;
  if (!file) return;
  say("Reading the recording.");
  try {
    const samples = await decoded(file);
    await turn(samples.length / RATE_HZ, (line) => play(line, samples));
  } catch (error) {
    say(error.message);
  }
  recording.value = ""; // so that the same one can be chosen again
});

root.hidden = false;
