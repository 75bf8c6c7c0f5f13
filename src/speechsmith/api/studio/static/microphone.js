// An AudioWorklet: the sound of a microphone, of whatever rate, as pieces of 16 kHz, mono, 16 bit.
//
// Between two rates lies a low-pass filter, a sinc under a Hann window: y[n] = sum over k of x[k] h(n r - k), where r is
// the number of input samples for each of the output. Its band ends below the lower of the two halves of the rates, so
// that what is higher is not heard as something else.
const RATE_HZ = 16000;
const PIECE = 1600; // samples: 0.1 s
const ZEROS = 24; // zero crossings of the sinc on either side: the more, the steeper

class Resampler {
  constructor(rateHz) {
    this.step = rateHz / RATE_HZ;
    const band = 0.95 * Math.min(1, RATE_HZ / rateHz);
    this.half = Math.ceil(ZEROS / band);
    this.kernel = (t) => {
      const x = Math.PI * band * t;
      return Math.abs(t) > this.half ? 0 : band * (x ? Math.sin(x) / x : 1) * (0.5 + 0.5 * Math.cos((Math.PI * t) / this.half));
    };
    this.input = new Float32Array(this.half); // silence before the first sample
    this.at = this.half; // of the next output sample, in samples of `input`
    this.tables = new Map(); // the filter for each fraction of a sample, of which usual rates have few
  }

  taps(fraction) {
    const key = Math.round(fraction * 4096);
    if (!this.tables.has(key)) {
      const taps = new Float32Array(2 * this.half + 1);
      for (let k = 0; k < taps.length; k++) taps[k] = this.kernel(k - this.half - key / 4096);
      this.tables.set(key, taps);
    }
    return this.tables.get(key);
  }

  *push(block) {
    const joined = new Float32Array(this.input.length + block.length);
    joined.set(this.input);
    joined.set(block, this.input.length);
    for (; this.at + this.half + 1 < joined.length; this.at += this.step) {
      const whole = Math.floor(this.at);
      const taps = this.taps(this.at - whole);
      let sum = 0;
      for (let k = 0; k < taps.length; k++) sum += taps[k] * joined[whole - this.half + k];
      yield sum;
    }
    const done = Math.max(0, Math.floor(this.at) - this.half);
    this.input = joined.slice(done);
    this.at -= done;
  }
}

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate);
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
    this.peak = 0;
    this.isOpen = true;
    this.port.onmessage = () => this.close();
  }

  process([channels]) {
    if (!this.isOpen) return false;
    if (!channels.length) return true; // nothing is plugged in
    const mono = channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
    for (const sample of this.resampler.push(mono)) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(32767 * sample)));
      if (this.filled === PIECE) this.tell();
    }
    return true;
  }

  tell() {
    this.port.postMessage({ samples: this.piece.slice(0, this.filled), peak: this.peak });
    this.filled = this.peak = 0;
  }

  close() {
    this.isOpen = false;
    if (this.filled) this.tell();
    this.port.postMessage({ isLast: true });
  }
}

registerProcessor("microphone", Microphone);
