// The program itself, for tests, and a wire to it that can be cut.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env["STADION_BIN"] ?? fileURLToPath(new URL("../../../target/debug/stadion", import.meta.url));

/** Whether there is a program to test with. */
export const built = existsSync(PROGRAM);

export class RealServer {
  #process;

  constructor() {
    this.#process = spawn(PROGRAM, ["serve", "--memory", "--listen", "127.0.0.1:0"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** @returns {Promise<number>} the port, once it is ready */
  async ready() {
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      createInterface(output).on("line", (line) => {
        const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port) this.#process.emit("port", Number(port));
      });
    }
    return new Promise((resolve, reject) => {
      this.#process.once("port", resolve);
      this.#process.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    });
  }

  /** @param {NodeJS.Signals} [signal] */
  async end(signal = "SIGKILL") {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.kill(signal)) await gone;
  }
}

/** Stands between client and server, so that connections can be lost without either's doing. */
export class Wire {
  /** Where it leads; may change. */
  port = 0;
  /** What the server says is swallowed: what it was told it has heard all the same. */
  deaf = false;
  /** @type {Set<import("node:net").Socket>} */
  #ends = new Set();
  #listener = createServer((near) => this.#join(near));

  /** @returns {Promise<string>} its address */
  async listen() {
    await new Promise((resolve) => this.#listener.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = /** @type {import("node:net").AddressInfo} */ (this.#listener.address());
    return `http://127.0.0.1:${address.port}`;
  }

  cut() {
    for (const end of this.#ends) end.destroy();
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  /** @param {import("node:net").Socket} near */
  #join(near) {
    const far = connect(this.port, "127.0.0.1");
    for (const end of [near, far]) {
      this.#ends.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        this.#ends.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk) => far.write(chunk));
    far.on("data", (chunk) => {
      if (!this.deaf) near.write(chunk);
    });
  }
}
