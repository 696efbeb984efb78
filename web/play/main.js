// The play page: asks for a name, joins the stream, and puts rules, picture, hands and words together.

import { Clock } from "./hud/clock.js";
import { LockstepPanel } from "./hud/lockstep-panel.js";
import { Notices } from "./hud/notices.js";
import { PlayersList } from "./hud/players.js";
import { Podium } from "./hud/podium.js";
import { wireShare } from "./hud/share.js";
import { StatusLine } from "./hud/status-line.js";
import { Welcome } from "./hud/welcome.js";
import { wireKeyboard } from "./input/keyboard.js";
import { Steering } from "./input/steering.js";
import { wireStick } from "./input/stick.js";
import { Match } from "./match.js";
import { nameOf, nameOfId } from "./names.js";
import { element, write } from "./page.js";
import { makeWorld } from "./rules/world.js";
import { readSession } from "./session.js";
import { Sound } from "./sound.js";
import { exposeForTests } from "./testing.js";
import { Stage } from "./view/stage.js";

const TICK_MS = 50;
const HUD_EVERY_MS = 120;
/** Beyond this the page says that it catches up, so that nobody wonders at a film run fast. */
const CATCHING_UP_TICKS = 60;
const NAME_REPEAT_MS = 2_000;

class PlayPage {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.name = session.name;
    this.namedAt = -Infinity;
    this.hudAt = 0;
    this.standing = "";
    this.stage = new Stage(element("ice", HTMLCanvasElement));
    this.welcome = new Welcome(session);
    this.players = new PlayersList(() => this.welcome.ask(this.name, (name) => this.rename(name)));
    this.clock = new Clock();
    this.podium = new Podium();
    this.notices = new Notices();
    this.statusLine = new StatusLine();
    this.panel = new LockstepPanel();
    this.sound = new Sound();
    this.dashButton = element("dash", HTMLButtonElement);
    this.idle = makeWorld();
    document.body.classList.toggle("watching", session.watch);
    element("watch-badge").hidden = !session.watch;
    const join = element("join", HTMLAnchorElement);
    join.hidden = !session.watch;
    join.href = session.shareUrl;
    element("watch-link", HTMLAnchorElement).href = session.watchUrl;
    write(element("stream-name"), session.stream);
    wireShare(session);
  }

  open() {
    if (this.session.watch || this.name) this.join();
    else {
      this.drawIdle();
      this.welcome.ask("", (name) => {
        this.name = name;
        this.join();
      });
    }
  }

  /** The empty ice behind the first question. */
  drawIdle() {
    if (this.steering) return;
    this.stage.draw(this.idle, { alpha: 0, now: performance.now(), me: "", steer: null, nameOf });
    requestAnimationFrame(() => this.drawIdle());
  }

  join() {
    const match = new Match(this.session, {
      draw: (running) => this.draw(running),
      began: (reason) => this.began(reason),
      status: (status, cause) => this.status(status, cause),
      broke: (message) => this.notices.say(message, { stays: true }),
    });
    this.steering = new Steering((type, body) => match.send(type, body));
    if (!this.session.watch) this.wireHands(this.steering);
    exposeForTests(match);
  }

  /** @param {Steering} steering */
  wireHands(steering) {
    const hands = {
      /** @param {[number, number]} direction on the screen */
      steer: ([x, y]) => steering.steer(this.stage.camera.toRink(x, y)),
      dash: () => steering.dash(),
    };
    wireKeyboard(hands);
    wireStick(this.stage.canvas, hands);
    this.dashButton.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      hands.dash();
    });
    // Also by a screen reader or a switch, which click without a pointer.
    this.dashButton.addEventListener("click", (event) => {
      if (event.detail === 0) hands.dash();
    });
  }

  /** @param {string} name */
  rename(name) {
    this.name = name;
    this.namedAt = -Infinity;
  }

  /** @param {string} reason */
  began(reason) {
    this.steering?.reset();
    this.namedAt = -Infinity;
    this.podium.reset();
    this.notices.calm();
    if (reason !== "joined") this.notices.say("The match began anew.");
  }

  /** @param {import("./match.js").Match["stream"]["status"]} status @param {string} cause */
  status(status, cause) {
    let words;
    if (this.session.watch && status === "open") words = "watching live";
    else if (this.session.watch && status === "waiting" && cause === "epoch_changed") words = "nobody plays here yet, waiting…";
    this.statusLine.status(status, words);
    if (cause === "replaced") this.notices.say("Another tab took your place, so you joined as a new player.");
  }

  /** @param {Match} match */
  draw(match) {
    const now = performance.now();
    const { world, puck, driver } = match;
    this.steering?.update(now, puck);
    this.sayName(match, now);
    this.sound.play(world, match.me);
    this.stage.draw(world, {
      alpha: driver.interpolation, now, me: match.me, nameOf,
      steer: this.session.watch ? null : this.steering?.gaze ?? null,
    });
    world.effects.length = 0;
    if (now - this.hudAt < HUD_EVERY_MS) return;
    this.hudAt = now;
    this.updateHud(match);
  }

  /** @param {Match} match */
  updateHud(match) {
    const { world, driver, stream, me, puck, desync } = match;
    this.players.update(world, me);
    this.clock.update(world, TICK_MS);
    this.podium.update(world, me);
    this.statusLine.figures(stream.pingMs, driver.behind);
    this.dashButton.classList.toggle("loading", (puck?.dash ?? 0) > 0);
    this.panel.update({
      hashes: match.hashes, others: driver.hashes, pucks: world.pucks, me, tick: driver.t,
      lastKnown: driver.lastKnown, epoch: stream.epoch, entities: driver.sim.entities.length, desync,
    });
    if (desync) this.notices.desync(desync.T, desync.Origins.map((id) => nameOfId(world.pucks, id)));
    this.sayStanding(match);
  }

  /** What holds for a while: catching up, waiting for a place. @param {Match} match */
  sayStanding({ driver, world, me }) {
    const inLine = me === "" ? -1 : world.waiting.indexOf(me);
    let standing = "";
    if (driver.behind > CATCHING_UP_TICKS) standing = `Catching up: ${driver.behind} ticks to go…`;
    else if (inLine >= 0) standing = `The rink is full. You are number ${inLine + 1} in line, and watch until then.`;
    if (standing === this.standing) return;
    this.standing = standing;
    if (standing) this.notices.say(standing, { stays: true });
    else this.notices.clear();
  }

  /** Says the name until the simulation knows it: after joining, in a new epoch, after renaming. @param {Match} match @param {number} now */
  sayName(match, now) {
    const { puck } = match;
    if (!puck || this.name === "" || puck.name === this.name || now - this.namedAt < NAME_REPEAT_MS) return;
    this.namedAt = now;
    match.send("name", this.name);
  }
}

new PlayPage(readSession()).open();
