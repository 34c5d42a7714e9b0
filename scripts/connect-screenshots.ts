import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startPracticeSite } from "../practice/site.ts";
import { readConfig } from "../src/config.ts";
import { createLogger } from "../src/log.ts";
import { startService } from "../src/main.ts";
import { openParts } from "../src/parts.ts";
import { createRedactor } from "../src/redact.ts";
import { launchChromium } from "../test/support/chromium.ts";
import { type ConnectState, walkConnectStates } from "../test/support/connect-states.ts";

/** `node scripts/connect-screenshots.ts [folder]`: takes the pictures of docs/connect.md anew, from a real sign-in. */
const folder = process.argv[2] ?? "docs/connect";
const actor = { name: "screenshots" };
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 56 56"><rect width="56" height="56" rx="14" fill="#1f6f4a"/><path d="M28 9 16 28h6L13 41h12v7h6v-7h12L34 28h6z" fill="#fff"/></svg>`;

/** The desktop picture of each state, and where more is to be seen: in the dark, on a phone, from right to left. */
const variants: readonly {
  name: string;
  of: readonly ConnectState[];
  dark?: true;
  narrow?: true;
  lang?: string;
}[] = [
  { name: "", of: ["choose", "form", "progress", "code", "refused", "done", "recovery-code"] },
  { name: "-dark", of: ["form", "progress"], dark: true },
  { name: "-narrow", of: ["choose", "code"], narrow: true },
  { name: "-arabic", of: ["form", "refused"], lang: "ar" },
];

const dataDir = await mkdtemp(join(tmpdir(), "latchkey-pictures-"));
// As root, Postgres runs as another user, who has to pass through.
await chmod(dataDir, 0o711);
const redactor = createRedactor();
const config = readConfig({
  ...process.env,
  LATCHKEY_DATA_DIR: dataDir,
  LATCHKEY_PORT: "0",
  DATABASE_URL: "",
  LATCHKEY_MASTER_KEY: "",
});
const log = createLogger({ level: "error", format: "auto", redactor });
{
  await using site = await startPracticeSite();
  await using parts = openParts({ config, log, redactor });
  const { applications, authFlows, connectTokens, database } = await parts.store();
  const application = await applications.create(
    "default",
    {
      name: "Larch",
      url: `${site.url.replace("127.0.0.1", "larch.localhost")}/`,
      icon: `data:image/svg+xml;base64,${Buffer.from(icon).toString("base64")}`,
    },
    actor,
  );
  await authFlows.create(
    "default",
    application.id,
    {
      name: "Company account",
      description: "For staff: company number, user name and password.",
      methods: ["username_password", "custom"],
      customFields: [{ name: "Company number" }],
    },
    actor,
  );
  const service = await startService(parts, new Set(["worker", "server"]));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 560, height: 640 }, deviceScaleFactor: 2 });
    // Nobody is at the callback: the last page stays.
    await page.route("https://app.example/**", (route) => route.fulfill({ status: 204 }));
    await mkdir(folder, { recursive: true });
    const linkTo = async (kind: "good" | "expired" | "recovery") => {
      const { token, tokenHash } = await connectTokens.make({
        project: "default",
        applicationId: application.id,
        callbackUrl: "https://app.example/callback",
        withCode: kind === "recovery",
        actor,
      });
      if (kind === "expired")
        await database.kysely
          .updateTable("connect_tokens")
          .set({ expires_at: new Date(0) })
          .where("hash", "=", Buffer.from(tokenHash, "hex"))
          .execute();
      return `${service.url}/identity/create?token=${token.reveal()}`;
    };
    await walkConnectStates({ page, site, linkTo, at: (state) => takePictures(page, state) });
    await page.setViewportSize({ width: 1_000, height: 800 });
    await page.goto(await linkTo("good"));
    await page.getByRole("button", { name: "Sign in yourself" }).click();
    await page.frameLocator("iframe.live").locator('body[data-state="live"]').waitFor();
    // A picture comes a moment after the page it is of.
    await page.waitForTimeout(1_500);
    await takePicture(page, "yourself");
    await page.getByRole("button", { name: "Cancel" }).click();
  } finally {
    await browser.close();
    await service.stop(0);
  }
}
await rm(dataDir, { recursive: true, force: true });

async function takePictures(page: Page, state: ConnectState): Promise<void> {
  for (const { name, of, dark, narrow, lang } of variants) {
    if (!of.includes(state)) continue;
    await page.emulateMedia({ colorScheme: dark === true ? "dark" : "light", reducedMotion: "reduce" });
    await page.setViewportSize(narrow === true ? { width: 360, height: 720 } : { width: 560, height: 640 });
    const path = new URL(page.url()).pathname;
    if (lang !== undefined) await page.goto(new URL(`${path}?lang=${lang}`, page.url()).href);
    // The focus comes a moment after the page, and is not what the picture is of.
    await page.waitForTimeout(150);
    await page.evaluate(() =>
      document.activeElement instanceof HTMLElement ? document.activeElement.blur() : null,
    );
    await takePicture(page, `${state}${name}`);
    if (lang !== undefined) await page.goto(new URL(`${path}?lang=en`, page.url()).href);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 560, height: 640 });
}

/** The whole page, small enough to be kept. */
async function takePicture(page: Page, name: string): Promise<void> {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const { width } = page.viewportSize() ?? { width: 560 };
  const cdp = await page.context().newCDPSession(page);
  const { data } = await cdp.send("Page.captureScreenshot", {
    format: "webp",
    quality: 82,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale: 1 },
  });
  await cdp.detach();
  const picture = Buffer.from(data, "base64");
  await writeFile(join(folder, `${name}.webp`), picture);
  console.log(`${name}.webp  ${(picture.length / 1_024).toFixed(1)} KiB`);
}
