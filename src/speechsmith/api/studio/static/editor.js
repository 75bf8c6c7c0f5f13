// The page of a recording in the Editor: its waveform, keys that work while one writes, and a warning before what was
// written is lost.
const BACK_SECONDS = 2;
const MOST_BYTES = 64 * 1024 * 1024; // half an hour; who has longer recordings has the player
const MOST_LINE = 1 << 16;

const at = (id) => document.getElementById(id);
const sound = at("sound");
const form = at("edit");
const text = at("text");

const play = () => (sound.paused ? sound.play() : sound.pause());
const back = () => {
  sound.currentTime = Math.max(0, sound.currentTime - BACK_SECONDS);
};

// The player, and keys.

at("player").hidden = false;
at("keys").hidden = false;
at("play").addEventListener("click", play);
at("back").addEventListener("click", back);

const deeds = {
  k: play,
  j: back,
  p: () => at("previous")?.click(),
  n: () => at("next")?.click(),
};

// Alt makes other characters of letters on some keyboards, so there the place of the key counts. AltGr is no Alt.
const letter = (event) => (/^[a-z]$/i.test(event.key) ? event.key : event.code.replace("Key", "")).toLowerCase();

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.shiftKey) return;
  const isAlt = event.altKey && !event.ctrlKey && !event.metaKey && !event.getModifierState("AltGraph");
  const isControl = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (isControl && event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[value=accept]"));
  } else if (isAlt && deeds[letter(event)]) {
    event.preventDefault();
    if (!event.repeat || letter(event) === "j") deeds[letter(event)]();
  }
});

// What was written and not saved. A refused text is not kept either.

let isSent = false;
const isRefused = document.querySelector("[role=alert]") !== null;
form.addEventListener("submit", () => (isSent = true));
window.addEventListener("beforeunload", (event) => {
  if (!isSent && (isRefused || text.value !== text.defaultValue)) event.preventDefault();
});
window.addEventListener("pageshow", () => (isSent = false));
text.focus();

// The waveform. Recordings are kept as WAV of one channel with 16 bits, so nothing has to be decoded.

const samplesOf = (buffer) => {
  const view = new DataView(buffer);
  for (let place = 12; place + 8 <= view.byteLength; ) {
    const size = view.getUint32(place + 4, true);
    if (view.getUint32(place) === 0x64617461) {
      // "data"
      const count = Math.min(size, view.byteLength - place - 8) >> 1;
      return new Int16Array(buffer.slice(place + 8, place + 8 + 2 * count));
    }
    place += 8 + size + (size & 1);
  }
  return null;
};

const peaksOf = (samples, count) => {
  const peaks = new Float32Array(count);
  for (let bar = 0; bar < count; bar++) {
    const end = Math.floor(((bar + 1) * samples.length) / count);
    for (let place = Math.floor((bar * samples.length) / count); place < end; place++) {
      peaks[bar] = Math.max(peaks[bar], Math.abs(samples[place]) / 32768);
    }
  }
  return peaks;
};

const wave = at("wave");
let samples = null;
let peaks = null;

const draw = () => {
  if (!peaks) return;
  const { width, height } = wave;
  const style = getComputedStyle(wave);
  const loudest = Math.max(0.05, ...peaks);
  const played = sound.duration ? sound.currentTime / sound.duration : 0;
  const pen = wave.getContext("2d");
  pen.clearRect(0, 0, width, height);
  const step = width / peaks.length;
  for (let bar = 0; bar < peaks.length; bar++) {
    const tall = Math.max(1, (peaks[bar] / loudest) * (height - 4));
    pen.fillStyle = (bar + 1) / peaks.length <= played ? style.getPropertyValue("--wave-played") : style.getPropertyValue("--wave");
    pen.fillRect(bar * step, (height - tall) / 2, Math.max(1, step - 1), tall);
  }
  pen.fillStyle = style.color;
  pen.fillRect(Math.min(width - 2, played * width), 0, 2, height);
};

const fit = () => {
  if (!samples) return;
  const scale = window.devicePixelRatio || 1;
  wave.width = Math.min(MOST_LINE, Math.round(wave.clientWidth * scale));
  wave.height = Math.round(wave.clientHeight * scale);
  peaks = peaksOf(samples, Math.max(1, Math.floor(wave.clientWidth / 3)));
  draw();
};

let isFollowed = false;
const follow = () => {
  draw();
  isFollowed = !sound.paused;
  if (isFollowed) requestAnimationFrame(follow);
};

sound.addEventListener("play", () => isFollowed || follow());
for (const kind of ["seeked", "loadedmetadata"]) sound.addEventListener(kind, draw);
wave.addEventListener("click", (event) => {
  if (sound.duration) sound.currentTime = (event.offsetX / wave.clientWidth) * sound.duration;
});
new ResizeObserver(fit).observe(wave);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

const load = async () => {
  const answer = await fetch(sound.src);
  if (!answer.ok || Number(answer.headers.get("content-length")) > MOST_BYTES) {
    await answer.body?.cancel();
    return;
  }
  samples = samplesOf(await answer.arrayBuffer());
  wave.hidden = !samples?.length;
  fit();
};
load().catch(() => {}); // the page does without it
