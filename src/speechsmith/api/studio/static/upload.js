// Sends a file of any size to a dataset, in blocks, one after the other. What broke off goes on: also after the page was
// closed, in another browser, or with the command line, for the id of a block is its number and a digest of its content,
// and the server tells which it has.
//
// The file may be chosen in the wizard already. Then its steps are fetched and put into this page, for a browser forgets
// with a page which file was chosen in it; and it is sent when the wizard has made the dataset.
const WAITS_S = [1, 2, 4, 8, 15, 30];

let chosen = null;

class Refused extends Error {}

const at = (id) => document.getElementById(id);

function tell(text, isBad = false) {
  at("file-told").textContent = text;
  at("file-told").classList.toggle("why", isBad);
}

function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  return `${(bytes / 1024 ** power).toFixed(power > 1 ? 1 : 0)} ${units[power]}`;
}

// 64 bits of a block. Where the page did not come over TLS, browsers have no SHA-256 to offer.
async function digest(bytes) {
  if (crypto.subtle) {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes), 0, 8);
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (const byte of new Uint8Array(bytes)) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte ^ (b >>> 15), 0x85ebca6b);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

// What can be seen before anything is sent; the rest is the server's to tell. Throws: Refused.
async function check(files, { mostBytes, archive }) {
  const isArchive = archive !== undefined;
  if (files.length > 1) {
    const what = isArchive ? "Put them into one .zip, side by side," : "Join them into one text file, or make a dataset of each,";
    throw new Refused(`These are ${files.length} files, and a dataset takes one. ${what} and drop that.`);
  }
  const [file] = files;
  if (!file.size) throw new Refused(`${file.name} is empty, or a folder. Drop one file with the data in it.`);
  if (file.size > Number(mostBytes)) {
    throw new Refused(`${file.name} has ${size(file.size)}; at most ${size(mostBytes)} are taken here. Divide it into several datasets.`);
  }
  const start = new TextDecoder("latin1").decode(await file.slice(0, 2).arrayBuffer());
  if (isArchive && start !== "PK") {
    throw new Refused(`${file.name} is no zip file. Put the recordings, and the transcript where there is one, into one .zip.`);
  }
  if (!isArchive && start === "PK") {
    throw new Refused(`${file.name} is an archive; this type of data is one bare text file. Unpack it, and drop the file in it.`);
  }
  return file;
}

// Call `take` with a file that is dropped on an element or chosen in its field, once it has been looked at.
function listen(element, take) {
  const input = at("file");
  const taken = async (files) => {
    if (input.disabled || !files.length) return;
    try {
      take(await check(files, element.dataset));
    } catch (error) {
      input.value = "";
      tell(error instanceof Refused ? error.message : "The file cannot be read. Choose it again.", true);
    }
  };
  input.addEventListener("change", () => taken(input.files));
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    element.addEventListener(kind, (event) => {
      event.preventDefault();
      element.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop") taken(event.dataTransfer.files);
    });
  }
  element.hidden = false;
}

// The form of a dataset that waits for its file.
class Upload {
  constructor(form) {
    this.form = form;
    this.pauseButton = at("upload-pause");
    this.headers = { Accept: "application/json", "X-Studio-Token": form.elements.token.value };
    this.isPaused = false;
    this.goOn = () => {};
    this.request = null; // the block that is on its way
    this.stay = (event) => event.preventDefault();
    this.pauseButton.addEventListener("click", () => this.pauseOrGoOn());
    listen(form, (file) => this.start(file));
  }

  async start(file) {
    try {
      this.isSending(true);
      tell(`Sending ${file.name}. You may pause, or come back later and choose the same file again.`);
      const names = await this.send(file);
      this.isSending(false);
      tell("All of it has arrived, and is put together.");
      at("file").disabled = true;
      this.form.elements.blocks.value = names.join(" ");
      this.form.submit();
    } catch (error) {
      this.isSending(false);
      at("file").value = "";
      tell(error instanceof Refused ? error.message : "The file cannot be read: it was changed or moved meanwhile. Choose it again.", true);
    }
  }

  isSending(is) {
    at("file").disabled = is;
    at("upload-progress").hidden = this.pauseButton.hidden = !is;
    at("upload-figures").textContent = "";
    (is ? addEventListener : removeEventListener)("beforeunload", this.stay);
  }

  pauseOrGoOn() {
    this.isPaused = !this.isPaused;
    this.pauseButton.textContent = this.isPaused ? "Go on" : "Pause";
    tell(this.isPaused ? "Paused. What has arrived is kept." : "Sending again.");
    if (this.isPaused) this.request?.abort();
    else this.goOn();
  }

  async send(file) {
    const { blocks } = JSON.parse(await this.lasting(() => this.listed()));
    const there = new Map(blocks.map((block) => [block.name, block.size]));
    const step = Number(this.form.dataset.blockBytes);
    const began = performance.now();
    const names = [];
    let skipped = 0;
    for (let start = 0; start < file.size; start += step) {
      const bytes = await file.slice(start, start + step).arrayBuffer();
      const name = btoa(`${String(names.length).padStart(6, "0")}-${await digest(bytes)}`);
      const show = (sent) => this.show(start + sent, file.size, (start + sent - skipped) / (performance.now() - began));
      if (there.get(name) === bytes.byteLength) skipped += bytes.byteLength;
      else await this.lasting(() => this.put(name, bytes, show));
      show(bytes.byteLength);
      names.push(name);
    }
    return names;
  }

  show(done, all, bytesPerMs) {
    at("upload-progress").value = done / all;
    const seconds = bytesPerMs > 0 ? (all - done) / bytesPerMs / 1000 : 0;
    const left = seconds < 5 ? "" : seconds < 90 ? `, about ${Math.ceil(seconds)} s left` : `, about ${Math.ceil(seconds / 60)} min left`;
    at("upload-figures").textContent = `${size(done)} of ${size(all)}, ${Math.floor((100 * done) / all)} %${left}`;
  }

  // Ask again and again while there is no connection, or the service is not there; what it refuses is final.
  async lasting(ask) {
    for (let tries = 0; ; tries += 1) {
      while (this.isPaused) await new Promise((resolve) => (this.goOn = resolve));
      const { status, text } = await ask();
      if (status >= 200 && status < 300) return text;
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) throw new Refused(JSON.parse(text).message);
      if (this.isPaused) continue;
      const seconds = WAITS_S[Math.min(tries, WAITS_S.length - 1)];
      tell(`The service cannot be reached. What has arrived is kept; trying again in ${seconds} s.`);
      await new Promise((resolve) => {
        setTimeout(resolve, 1000 * seconds);
        addEventListener("online", resolve, { once: true });
      });
      if (!this.isPaused) tell("Sending again.");
    }
  }

  async listed() {
    try {
      const answer = await fetch(this.form.dataset.blocks, { headers: this.headers });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return { status: 0, text: "" };
    }
  }

  put(name, bytes, show) {
    return new Promise((arrived) => {
      const request = new XMLHttpRequest(); // `fetch` does not tell how far it is
      request.open("PUT", `${this.form.dataset.blocks}?blockid=${encodeURIComponent(name)}`);
      for (const [header, value] of Object.entries(this.headers)) request.setRequestHeader(header, value);
      request.upload.onprogress = (event) => show(event.loaded);
      request.onloadend = () => arrived({ status: request.status, text: request.responseText });
      request.send(bytes);
      this.request = request;
    });
  }
}

// Put another page in the place of this one, which stays loaded.
async function goTo(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  history.pushState(null, "", answer.url);
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.querySelector("main").focus();
  begin();
}

async function stepOn(event) {
  if (!chosen || !document.querySelector(".wizard form")) return;
  const form = event.target;
  event.preventDefault();
  const answers = new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "file"));
  if (answers.get("location") === "url") chosen = null;
  try {
    await goTo(await fetch(form.action, { method: "POST", body: answers }));
  } catch {
    form.submit(); // which tells in the browser's words that there is no connection
  }
}

function begin() {
  if (at("upload")) {
    const upload = new Upload(at("upload"));
    if (chosen) upload.start(chosen);
  } else if (at("choose")) {
    const take = (file) => {
      chosen = file;
      at("location-local").checked = true;
      tell(`${file.name}, ${size(file.size)}. It is sent when you save.`);
    };
    listen(at("choose"), take);
    if (chosen) take(chosen);
  }
  if (chosen && at("chosen")) {
    at("chosen").textContent = `${chosen.name}, ${size(chosen.size)}, on this computer`;
    at("later").hidden = true;
  }
}

document.addEventListener("submit", stepOn);
addEventListener("popstate", () => location.reload());
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault()); // a file beside its place
begin();
