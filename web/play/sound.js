// Sounds, made on the spot. Off until somebody wants them.

import { element } from "./page.js";

/** @typedef {import("./rules/world.js").World} World */
/** @typedef {import("./rules/world.js").Effect} Effect */

const SOUND_KEY = "stadion drift sound";
/** More than this at once is only noise. */
const VOICES_MAX = 6;
/** More than this in one frame is a catch-up. */
const EFFECTS_MAX = 40;
const SCALE = [0, 2, 4, 7, 9, 12, 14, 16];

export class Sound {
  constructor() {
    /** @type {AudioContext | null} */
    this.audio = null;
    /** @type {GainNode | null} */
    this.out = null;
    this.on = false;
    this.streak = 0;
    this.lastPickup = 0;
    this.lastSecond = -1;
    const button = element("sound", HTMLButtonElement);
    button.addEventListener("click", () => this.turn(!this.on, button));
    // A browser allows sound only after a touch of the page: a remembered wish waits for one.
    if (remembered()) addEventListener("pointerdown", () => this.turn(true, button), { once: true });
  }

  /** @param {boolean} on @param {HTMLButtonElement} button */
  turn(on, button) {
    this.on = on;
    button.setAttribute("aria-pressed", String(on));
    remember(on);
    if (!on) {
      void this.audio?.suspend();
      return;
    }
    this.audio ??= new AudioContext();
    void this.audio.resume();
    if (!this.out) {
      this.out = this.audio.createGain();
      this.out.gain.value = 0.32;
      this.out.connect(this.audio.destination);
    }
    this.tone(660, 0.12, 0.25, "sine");
  }

  /**
   * @param {World} world
   * @param {string} me
   */
  play(world, me) {
    if (!this.on || world.effects.length > EFFECTS_MAX) return;
    const mine = world.pucks.find(({ id }) => id === me)?.slot ?? -1;
    for (const effect of world.effects.slice(0, VOICES_MAX)) this.effect(effect, effect.slot === mine, world);
    this.countdown(world);
  }

  /** @param {Effect} effect @param {boolean} mine @param {World} world */
  effect(effect, mine, world) {
    const loud = mine ? 1 : 0.3;
    switch (effect.kind) {
      case "pickup":
        this.pickup(mine, loud, effect.power);
        break;
      case "bump":
        this.noise(0.14, 0.5 * Math.min(1, effect.power / 90_000), 420);
        this.tone(96, 0.14, 0.5, "sine", 50);
        break;
      case "spill":
        this.tone(mine ? 330 : 440, 0.28, 0.35 * loud, "triangle", 110);
        break;
      case "post":
        this.tone(520, 0.1, 0.3 * loud, "square", 780);
        break;
      case "boards":
        this.noise(0.09, 0.25 * loud, 260);
        break;
      case "dash":
        this.noise(0.24, 0.4 * loud, 1_400);
        break;
      case "star":
        for (const [index, step] of [0, 4, 7, 12].entries()) this.tone(note(step), 0.2, 0.2, "triangle", 0, index * 0.07);
        break;
      case "phase":
        if (world.phase === "play") this.tone(880, 0.4, 0.4, "triangle");
        else if (world.phase === "podium") for (const step of [0, 4, 7, 12]) this.tone(note(step), 0.9, 0.18, "triangle");
        break;
      case "join":
        this.tone(note(7), 0.15, 0.2, "sine");
        break;
    }
  }

  /** Each spark in a row sounds higher. @param {boolean} mine @param {number} loud @param {number} value */
  pickup(mine, loud, value) {
    if (mine) {
      const now = performance.now();
      this.streak = now - this.lastPickup < 2_500 ? Math.min(this.streak + 1, SCALE.length - 1) : 0;
      this.lastPickup = now;
    }
    const step = mine ? SCALE[this.streak] : 0;
    this.tone(note(12 + step), 0.13, 0.3 * loud, "triangle");
    if (value > 1) this.tone(note(19 + step), 0.3, 0.3 * loud, "triangle", 0, 0.08);
  }

  /** @param {World} world */
  countdown(world) {
    const second = world.phase === "countdown" || (world.phase === "play" && world.timer <= 100) ? Math.ceil(world.timer / 20) : -1;
    if (second !== this.lastSecond && second > 0) this.tone(440, 0.1, 0.3, "triangle");
    this.lastSecond = second;
  }

  /**
   * @param {number} hertz
   * @param {number} seconds
   * @param {number} volume
   * @param {OscillatorType} type
   * @param {number} [slideTo] hertz, 0 for none
   * @param {number} [after] seconds
   */
  tone(hertz, seconds, volume, type, slideTo = 0, after = 0) {
    if (!this.audio || !this.out) return;
    const at = this.audio.currentTime + after;
    const voice = this.audio.createOscillator();
    voice.type = type;
    voice.frequency.setValueAtTime(hertz, at);
    if (slideTo > 0) voice.frequency.exponentialRampToValueAtTime(slideTo, at + seconds);
    voice.connect(this.envelope(at, seconds, volume));
    voice.start(at);
    voice.stop(at + seconds);
  }

  /** @param {number} seconds @param {number} volume @param {number} hertz what is let through, about */
  noise(seconds, volume, hertz) {
    if (!this.audio) return;
    const at = this.audio.currentTime;
    const buffer = this.audio.createBuffer(1, Math.ceil(this.audio.sampleRate * seconds), this.audio.sampleRate);
    const samples = buffer.getChannelData(0);
    for (let index = 0; index < samples.length; index += 1) samples[index] = Math.random() * 2 - 1;
    const source = this.audio.createBufferSource();
    source.buffer = buffer;
    const filter = this.audio.createBiquadFilter();
    filter.type = "bandpass";
    filter.frequency.value = hertz;
    source.connect(filter).connect(this.envelope(at, seconds, volume));
    source.start(at);
  }

  /** @param {number} at @param {number} seconds @param {number} volume @returns {AudioNode} */
  envelope(at, seconds, volume) {
    const { audio, out } = /** @type {{audio: AudioContext, out: GainNode}} */ (this);
    const gain = audio.createGain();
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(volume, at + 0.006);
    gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    gain.connect(out);
    return gain;
  }
}

/** @param {number} step half tones above the C in the middle @returns {number} hertz */
function note(step) {
  return 261.63 * 2 ** (step / 12);
}

function remembered() {
  try {
    return localStorage.getItem(SOUND_KEY) === "on";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
function remember(on) {
  try {
    localStorage.setItem(SOUND_KEY, on ? "on" : "off");
  } catch {
    // Then it lasts as long as the page.
  }
}
