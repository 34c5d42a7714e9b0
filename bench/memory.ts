import type { Browser, BrowserContext } from "playwright-core";
import { memoryOfGroupMb } from "../src/browser/processes.ts";
import type { Session } from "../src/browser/session.ts";
import type { Figure } from "./support/figures.ts";
import type { Ground } from "./support/ground.ts";

const sessions = 6;

/** (d) Memory of Chromium's processes per extra session, one page each, against bare contexts. */
export async function memory(ground: Ground): Promise<Figure[]> {
  const { openSession, pool } = await ground.parts.browsers();
  const group = () => pool.groups()[0] ?? Number.NaN;
  const { signal } = new AbortController();

  const open: Session[] = [await openSession({ signal })];
  await open[0]?.page.goto(ground.siteUrl);
  const before = (await memoryOfGroupMb(group())) ?? Number.NaN;
  for (let n = 0; n < sessions; n += 1) {
    const session = await openSession({ signal });
    await session.page.goto(ground.siteUrl);
    open.push(session);
  }
  const after = (await memoryOfGroupMb(group())) ?? Number.NaN;
  for (const session of open) await session.close();

  const bareGroup = await groupOf(ground.bare);
  const contexts: BrowserContext[] = [await openBare(ground.bare, ground.siteUrl)];
  const bareBefore = (await memoryOfGroupMb(bareGroup)) ?? Number.NaN;
  for (let n = 0; n < sessions; n += 1) contexts.push(await openBare(ground.bare, ground.siteUrl));
  const bareAfter = (await memoryOfGroupMb(bareGroup)) ?? Number.NaN;
  for (const context of contexts) await context.close();

  const ours = (after - before) / sessions;
  const bare = (bareAfter - bareBefore) / sessions;
  return [
    {
      what: "memory per extra session",
      latchkey: `${ours.toFixed(0)} MiB`,
      bare: `${bare.toFixed(0)} MiB`,
      ratio: ours / bare,
      note: `of ${sessions} sessions with one page each; Chromium's processes, resident`,
    },
  ];
}

async function openBare(browser: Browser, url: string): Promise<BrowserContext> {
  const context = await browser.newContext();
  await (await context.newPage()).goto(url);
  return context;
}

async function groupOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.find(({ type }) => type === "browser")?.id ?? Number.NaN;
}
