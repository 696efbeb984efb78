// A terminal to type commands into: a shell in a folder.

import { spawn } from "node:child_process";

/** @param {string} folder */
export function openTerminal(folder) {
  // A group of its own, so that what was started in it ends with it.
  const shell = spawn("sh", { cwd: folder, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const output of [shell.stdout, shell.stderr]) output.on("data", (chunk) => (said += chunk));
  const ended = new Promise((resolve) => shell.once("exit", resolve));

  return {
    /** Types a block of commands, and Enter. @param {string} commands */
    type: (commands) => void shell.stdin.write(`${commands.trimEnd()}\n`),
    /** What it has shown so far. */
    said: () => said,
    async close() {
      if (shell.exitCode !== null || shell.signalCode !== null) return;
      process.kill(-shell.pid, "SIGTERM");
      await ended;
    },
  };
}
