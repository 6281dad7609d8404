import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ask, base, type Complaints, killApi, launch, picture, publish, signedIn, start } from "./browser";

const HELLO = readFileSync(new URL("../../examples/01-hello/workflow.yaml", import.meta.url), "utf8");
const HOSTILE = `<img src=x onerror="alert('x')"><script>alert('y')</script>`;
const PAUSE = `
document: {dsl: '1.0.3', namespace: walk, name: pause, version: '1.0.0'}
do:
  - before: {set: {text: '\${ .text }'}}
  - rest: {wait: {hours: 1}}
`;
/** Takes whatever it is given: names and texts that would do harm if they were taken for more than text. */
const FAIL = `
document: {dsl: '1.0.3', namespace: walk, name: fail, version: '1.0.0'}
do:
  - '<b onmouseover=alert(1)>':
      raise: {error: {type: 'https://x.example/<script>', status: 400, title: '<img src=x onerror=alert(2)>', detail: '\${ .text }'}}
`;

/** Waits until the run's own status is this. */
function status(where: Page, name: string): Promise<void> {
  return where.locator(`main header [data-status="${name}"]`).waitFor();
}

/** Counts from now on how often a tab itself opens the stream. */
function countStreams(where: Page): () => number {
  let count = 0;
  where.on("request", (request) => {
    if (request.url().includes("/api/v1/live")) count += 1;
  });
  return () => count;
}

const ASK = `
document: {dsl: '1.0.3', namespace: walk, name: ask, version: '1.0.0'}
do:
  - approve:
      call: human_approval
      with:
        title: '${HOSTILE.replaceAll("'", "''")}'
        form: {type: object, required: [note], properties: {note: {type: string, minLength: 3}}}
`;

let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: Complaints = [];

beforeAll(async () => {
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  await Promise.all([HELLO, PAUSE, FAIL, ASK].map(publish));
  page = await signedIn(context, complaints);
});

afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser.close();
});

describe("a person with a browser", () => {
  it("is signed in by the address, which then no longer holds the token", async () => {
    await page.waitForURL(`${base}/**`);
    expect(page.url()).not.toContain("token");
    await page.getByRole("link", { name: "Workflows" }).click();
    await page.getByRole("heading", { name: "examples/hello" }).waitFor();
  });

  it("starts a workflow, is told of mistakes before the server is, and watches it end", async () => {
    const card = page.getByRole("listitem").filter({ hasText: "examples/hello" });
    await card.getByRole("button", { name: "Start a run" }).click();
    const input = page.getByRole("textbox", { name: "Input (JSON)" });
    await input.fill("{");
    await page.getByText("Not valid JSON").waitFor();
    await input.fill("{}");
    await page.getByText("Missing: name").waitFor();
    await input.fill('{"name": "Ada"}');
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForURL("**/runs/*");
    await status(page, "completed");
    await page.locator(".graph-step", { hasText: "setgreet" }).getByText("Completed").waitFor();
    await picture(page, "run");
  });

  it("goes back in time: the graph, the events and the state follow the slider", async () => {
    await page.getByRole("tab", { name: "Events" }).click();
    await page.getByRole("button", { name: /RunCompleted/ }).waitFor();
    await page.getByRole("button", { name: "First event" }).click();
    await status(page, "running");
    expect(await page.locator(".graph-step", { hasText: "setgreet" }).getByText("Completed").count()).toBe(0);
    await page.getByRole("tab", { name: "State" }).click();
    await page.getByText("What the engine holds").waitFor();
    await page.waitForURL("**at=1**");
    await page.keyboard.press("ArrowRight");
    await page.getByRole("button", { name: "Back to now" }).click();
    await status(page, "completed");
  });

  it("finds the same tasks as a list, and the data of each", async () => {
    await page.getByText("List", { exact: true }).click();
    await page.getByRole("button", { name: /measure/ }).click();
    await page.getByRole("tab", { name: "Input & output" }).click();
    await page.getByRole("heading", { name: "Output of the task" }).waitFor();
    await page.getByText("letters").first().waitFor();
  });

  it("jumps to a run whose id is pasted", async () => {
    const run = await start("walk/fail", { text: HOSTILE });
    await page.keyboard.press("Escape");
    await page.getByRole("combobox", { name: "Search runs and workflows" }).fill(run);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/runs/${run}`);
    await status(page, "faulted");
  });

  it("sees hostile text as text, wherever it stands", async () => {
    await page.locator(".graph-step", { hasText: "<b onmouseover=alert(1)>" }).waitFor();
    await page.getByRole("tab", { name: "Input & output" }).click();
    await page.getByText(HOSTILE).first().waitFor();
    await page.getByRole("tab", { name: "Timeline" }).click();
    await page.getByText("<b onmouseover=alert(1)>").first().waitFor();
    await page.goto(`${base}/runs?workflow=walk/fail`);
    await page.getByText("<img src=x onerror=alert(2)>").first().waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);
  });
});

describe("an approver", () => {
  it("finds the question, is told what the form lacks, and decides", async () => {
    const run = await start("walk/ask", {}, 1);
    await page.goto(`${base}/approvals`);
    await page.getByRole("button", { name: HOSTILE }).first().click();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByText("required").first().waitFor();
    await page.getByRole("textbox", { name: "note" }).fill("well done");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.locator("article dd", { hasText: "Approved" }).waitFor();
    await page.goto(`${base}/runs/${run}`);
    await status(page, "completed");
  });
});

describe("several tabs", () => {
  it("show what happens at once over one stream, and go on after the server was killed", async () => {
    const run = await start("walk/pause", { text: HOSTILE }, 1);
    const other = await signedIn(context, complaints);
    await page.goto(`${base}/runs/${run}`);
    await other.goto(`${base}/runs/${run}`);
    for (const each of [page, other]) await status(each, "waiting");
    const streams = [page, other].map(countStreams);
    killApi();
    for (const each of [page, other]) await each.getByText("The server does not answer").waitFor();
    for (const each of [page, other])
      await each.getByText("The server does not answer").waitFor({ state: "hidden" });
    await ask(`/api/v1/runs/${run}/cancel`, { method: "POST" });
    for (const each of [page, other]) await status(each, "cancelled");
    const [one, two] = streams.map((count) => count());
    expect([Math.min(one ?? 0, two ?? 0), (one ?? 0) + (two ?? 0) > 0]).toEqual([0, true]);
    await other.close();
  });

  it("cancel from the list after a preview", async () => {
    const run = await start("walk/pause", { text: "x" }, 1);
    await page.goto(`${base}/runs?status=waiting&workflow=walk/pause`);
    await page.getByRole("checkbox", { name: `Select run ${run}` }).check();
    await page.getByRole("button", { name: "Cancel runs …" }).click();
    await page.getByText("1 run will be changed").waitFor();
    await page.getByRole("button", { name: "Cancel them" }).click();
    await page.getByText("1 of 1 done").waitFor();
    await page.getByRole("dialog").getByText("Close", { exact: true }).click();
    await page.getByText("No run fits these filters").waitFor();
  });
});
