// The real program, on a free port.

import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Builds the program and the bot as `./check` builds everything else. */
export function build() {
  const built = spawnSync("cargo", ["build", "--quiet", "--bins", "-p", "stadion", "-p", "drift"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (built.status !== 0) throw new Error("cargo build failed");
}

export const program = (name) => join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug", name);

/** Starts `stadion serve`; resolves when it says that it is ready. */
export async function startServer(...options) {
  const child = spawn(program("stadion"), ["serve", "--memory", "--listen", "127.0.0.1:0", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => (log += chunk));
  const url = await new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const found = said.match(/http:\/\/\S+/);
      if (found) resolve(found[0]);
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  async function stop() {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await ended;
    }
    return { code: child.exitCode, log };
  }
  return { url, stop };
}
