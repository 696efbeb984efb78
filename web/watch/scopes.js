// Which parts of a competition are going on: the rules of live competition events, for a page.

/**
 * @typedef {import("/_/client/read-cursor.js").ReadEvent} ReadEvent
 *
 * An open scope: the event that opened it, and its own events since.
 * @typedef {object} Scope
 * @property {"competition" | "distance" | "heat"} kind
 * @property {string} key
 * @property {ReadEvent} opening
 * @property {ReadEvent[]} events
 */

/**
 * Competition, distance in it, heats in that. The same events lead to the same scopes, whether they come as live state
 * or live.
 */
export class Scopes {
  /** @type {Scope | null} */
  competition = null;
  /** @type {Scope | null} */
  distance = null;
  /** In the order of their latest activation. @type {Map<string, Scope>} */
  heats = new Map();

  clear() {
    this.competition = this.distance = null;
    this.heats.clear();
  }

  /**
   * @param {ReadEvent} event
   * @returns {Scope | null} the scope that it belongs to, or null when that is not open
   */
  apply(event) {
    const { typeName, distanceId } = event.body ?? {};
    const distance = keyOf(distanceId);
    const heat = distance && heatKey(event.body.heat);
    if (typeName === "CompetitionActivatedEvent") return (this.competition = open("competition", "", event));
    if (!this.competition) return null;
    if (typeName === "DistanceActivatedEvent" && distance) return this.#openDistance(distance, event);
    if (!distance) return keep(this.competition, event);
    if (!this.distance || this.distance.key !== distance) return null;
    if (typeName === "DistanceDeactivatedEvent") return this.#closeDistance();
    // The heat that is committed need not be active.
    if (!heat || typeName === "HeatCommittedEvent") return keep(this.distance, event);
    return this.#inHeat(heat, typeName, event);
  }

  /** @param {string} key @param {ReadEvent} event */
  #openDistance(key, event) {
    if (this.distance?.key !== key) this.heats.clear();
    return (this.distance = open("distance", key, event));
  }

  #closeDistance() {
    this.heats.clear();
    return (this.distance = null);
  }

  /** @param {string} key @param {string} typeName @param {ReadEvent} event */
  #inHeat(key, typeName, event) {
    if (typeName === "HeatActivatedEvent") {
      const scope = open("heat", key, event);
      this.heats.delete(key);
      this.heats.set(key, scope);
      return scope;
    }
    const scope = this.heats.get(key);
    if (!scope) return null;
    if (typeName === "HeatDeactivatedEvent") {
      this.heats.delete(key);
      return null;
    }
    return keep(scope, event);
  }
}

/** @param {Scope["kind"]} kind @param {string} key @param {ReadEvent} opening @returns {Scope} */
function open(kind, key, opening) {
  return { kind, key, opening, events: [] };
}

/** @param {Scope} scope @param {ReadEvent} event */
function keep(scope, event) {
  scope.events.push(event);
  return scope;
}

/** Ids are compared without regard to case. @param {unknown} id */
function keyOf(id) {
  return id === null || id === undefined ? "" : String(id).toLowerCase();
}

/** A partial key counts as absent. @param {{ round?: unknown, number?: unknown } | null | undefined} heat */
function heatKey(heat) {
  const [round, number] = [keyOf(heat?.round), keyOf(heat?.number)];
  return round && number ? `${round}.${number}` : "";
}
