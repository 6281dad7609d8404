import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

function wanted(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}; tests/e2e/test_web.py does`);
  return value;
}

/** Where AgentOS is, its token, its data folder, and where pictures go. */
export const base = wanted("AGENTOS_URL").replace(/\/$/, "");
export const token = wanted("AGENTOS_TOKEN");
export const dataFolder = wanted("AGENTOS_DATA_DIR");
const pictures = process.env["AGENTOS_PICTURES"];

export async function launch(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? PLACES.find(existsSync);
  if (!executablePath) throw new Error("expected Chromium: install it, or name it in CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** What a page complained about: broken policies, errors, dialogs that hostile text opened. */
export type Complaints = string[];

/** Opens a signed-in page that writes down every complaint. */
export async function signedIn(context: BrowserContext, complaints: Complaints): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|ERR_/.test(message.text()))
      complaints.push(`console: ${message.text()}`);
  });
  await page.goto(`${base}/?token=${token}`);
  return page;
}

/** Asks the API as the command line does. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
  const response = await fetch(base + path, { ...init, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

export async function publish(text: string): Promise<void> {
  await ask("/api/v1/definitions", {
    method: "POST",
    headers: { "content-type": "application/yaml" },
    body: text,
  });
}

export async function start(workflow: string, input: unknown, waitS = 10): Promise<string> {
  const headers = { "content-type": "application/json", prefer: `wait=${waitS}` };
  const body = JSON.stringify({ workflow, input });
  return (await ask<{ run: string }>("/api/v1/runs", { method: "POST", headers, body })).run;
}

/** Ends the API's process at once; whoever supervises it starts it again. */
export function killApi(): void {
  const state = JSON.parse(readFileSync(join(dataFolder, "state.json"), "utf8")) as {
    processes: { name: string; pid: number }[];
  };
  const api = state.processes.find(({ name }) => name === "api");
  if (!api) throw new Error("there is no process of the API");
  process.kill(api.pid, "SIGKILL");
}

/** Takes a picture, if there is a place for it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

const axeFile = join(dirname(createRequire(import.meta.url).resolve("axe-core")), "axe.min.js");
const axe = readFileSync(axeFile, "utf8");

type Axe = { run: (context: Document, options: unknown) => Promise<{ violations: Violation[] }> };
type Violation = { id: string; help: string; nodes: { html: string; failureSummary: string }[] };

/** Gives what axe finds against WCAG 2.2 AA. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate(
    (values) =>
      (globalThis as unknown as { axe: Axe }).axe.run(document, { runOnly: { type: "tag", values } }),
    tags,
  );
  return found.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
  );
}
