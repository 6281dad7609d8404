import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { base, type Complaints, launch, picture, publish, signedIn, start, violations } from "./browser";

const LOOP = `
document: {dsl: '1.0.3', namespace: walk, name: loop, version: '1.0.0'}
do:
  - each: {for: {each: n, in: .numbers}, do: [{double: {set: {n: '\${ $n * 2 }'}}}]}
  - guarded: {try: [{fail: {raise: {error: {type: 'https://x.example/e', status: 400}}}}], catch: {do: [{mend: {set: {ok: true}}}]}}
`;
const SCHEMES = ["light", "dark"] as const;
const WIDTHS = [360, 1024, 1680];

let browser: Browser;
let paths: [name: string, path: string][];

beforeAll(async () => {
  browser = await launch();
  await publish(LOOP);
  const run = await start("walk/loop", { numbers: [1, 2, 3] });
  paths = [
    ["runs", "/runs"],
    ["runs-none", "/runs?error_type=nothing"],
    ["run-timeline", `/runs/${run}`],
    ["run-events", `/runs/${run}?tab=events&at=5`],
    ["run-data", `/runs/${run}?tab=data&view=list`],
    ["run-state", `/runs/${run}?tab=state`],
    ["run-yaml", `/runs/${run}?tab=yaml`],
    ["run-missing", "/runs/00000000-0000-0000-0000-000000000000"],
    ["approvals", "/approvals?who=all"],
    ["workflows", "/workflows"],
    ["workflow", "/workflows/walk/loop/1.0.0"],
    ["events", "/events"],
    ["compare", `/compare?a=${run}&b=${run}`],
    ["nodes", "/nodes"],
    ["about", "/about"],
    ["nowhere", "/nowhere"],
  ];
});

afterAll(async () => {
  await browser.close();
});

for (const colorScheme of SCHEMES)
  it(`every page is accessible and fits every width, ${colorScheme}`, async () => {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1680, height: 900 },
      reducedMotion: "reduce",
    });
    const complaints: Complaints = [];
    const page = await signedIn(context, complaints);
    const found: string[] = [];
    for (const [name, path] of paths) {
      await page.goto(base + path);
      await page.locator("main :is(h1, h2)").first().waitFor();
      found.push(...(await violations(page)).map((each) => `${name} ${each}`));
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 0) found.push(`${name} is ${overflow} px wider than ${width}`);
        await picture(page, `${name}-${colorScheme}-${width}`);
      }
    }
    await context.close();
    expect([...found, ...complaints]).toEqual([]);
  }, 120_000);
