// A real Chromium whose tabs are really hidden when another tab of their window is in front.
//
// Playwright keeps every page "focused" by default, so that none is ever hidden. Here Chromium is started by us and
// Playwright joins without its defaults; tabs that are to be seen at the same time get windows of their own.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "chromium";

export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), "stadion-browser-"));
  const child = spawn(CHROMIUM, [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1200,800",
    "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank",
  ], { stdio: ["ignore", "ignore", "pipe"] });
  const address = await new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const found = said.match(/ws:\/\/\S+/);
      if (found) resolve(found[0]);
    });
    child.on("exit", (code) => reject(new Error(`Chromium ended with ${code}: ${said.slice(-2000)}`)));
    child.on("error", reject);
  });
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  const context = browser.contexts()[0];
  const control = await browser.newBrowserCDPSession();

  /** A page in a window of its own. All windows share one browser context: storage, cookies. */
  async function openWindow(url, { width = 1200, height = 800 } = {}) {
    const opened = context.waitForEvent("page");
    await control.send("Target.createTarget", { url: "about:blank", newWindow: true, width, height });
    const page = await opened;
    await page.goto(url);
    return page;
  }

  /** Puts another tab in front of a page of the same window; returns what puts the page in front again. */
  async function hide(page) {
    const opened = context.waitForEvent("page");
    await page.evaluate(() => void window.open("about:blank", "_blank"));
    const cover = await opened;
    await cover.bringToFront();
    await page.waitForFunction(() => document.visibilityState === "hidden", undefined, { polling: 100 });
    return async () => {
      await cover.close();
      await page.bringToFront();
      await page.waitForFunction(() => document.visibilityState === "visible", undefined, { polling: 100 });
    };
  }

  async function close() {
    await browser.close().catch(() => {});
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null) {
      child.kill("SIGKILL");
      await ended;
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }

  return { context, openWindow, hide, close };
}
