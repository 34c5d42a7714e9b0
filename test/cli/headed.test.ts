import { expect, test } from "vitest";
import { startPracticeSite } from "../../practice/site.ts";
import { latchkey } from "../support/cli.ts";
import { watchProcessList } from "../support/everything-kept.ts";
import { addPracticeIdentity, openTestParts } from "../support/parts.ts";
import { hasXvfb, startScreen } from "../support/screen.ts";

const ben = {
  username: "ben@larch.example",
  password: "oak-rowan-Willow-7",
  totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
  secondFactor: false,
};

test.runIf(hasXvfb)("--headed shows the browser on the display there is", { timeout: 60_000 }, async () => {
  await using screen = await startScreen();
  await using site = await startPracticeSite({ users: [ben] });
  await using ground = await openTestParts();
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
  const processes = watchProcessList();
  const { code, stdout } = await latchkey(
    ["run", "web/capture", "--identity", "ben", "--headed", "--slow-mo", "5", "--json"],
    { ...ground.environment, DISPLAY: screen.display, LATCHKEY_LOG_LEVEL: "" },
  );
  const seen = await processes.stop();
  expect(JSON.parse(stdout)).toMatchObject({ status: "succeeded" });
  expect(code).toBe(0);
  const browsers = seen
    .split("\n")
    .filter((line) => /chrom/i.test(line) && line.includes("--user-data-dir="));
  expect(browsers.some((line) => !line.includes("--headless") && !line.includes("--type="))).toBe(true);
});
