import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { startCli } from "../support/cli.ts";
import { type FlowsFolder, makeFlowsFolder } from "../support/flows-folder.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { flowStarted } from "../support/runs.ts";
import { startInTerminal } from "../support/terminal.ts";

const ben = {
  username: "ben@larch.example",
  password: "oak-rowan-Willow-7",
  totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
  secondFactor: false,
};

const greet = (body: string) => `import { defineFlow } from "latchkey";
import { word } from "./_words.ts";

export default defineFlow({
  description: "Say a word",
  async run({ page, context, step, signal }) {
    ${body}
  },
});
`;
const plain = greet(
  'return step("say it", async () => ({ word, pages: context.pages().length, url: page.url() }));',
);
const words = (word: string) => `export const word: string = ${JSON.stringify(word)};\n`;

let site: PracticeSite;
let ground: TestParts;
let folder: FlowsFolder;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ben] });
  ground = await openTestParts();
  folder = await makeFlowsFolder({ "acme/greet.ts": plain, "acme/_words.ts": words("one") });
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const watching = ["run", "acme/greet", "--identity", "ben", "--watch"];
const environment = () => ({
  ...ground.environment,
  LATCHKEY_FLOWS_DIR: folder.path,
  LATCHKEY_LOG_LEVEL: "",
});

test("each save runs it again in the same signed-in browser, and what cannot be loaded waits for the next", {
  timeout: 120_000,
}, async () => {
  await using process = startCli(watching, environment());
  await process.says('"word": "one"');
  await process.says("Waiting for the next save");
  const { passwordSubmits } = site.counters;

  await folder.write("acme/_words.ts", words("two"));
  await process.says('"word": "two"');
  expect(process.output()).toMatch(/first step \d+ ms after the save|first step [\d.]+ s after the save/);
  expect(process.output().match(/"pages": 1/g)).toHaveLength(2);

  await folder.write("acme/greet.ts", plain.replace("async run(", "async run(("));
  await process.says("greet.ts:6: could not be loaded");
  await folder.write("acme/greet.ts", plain.replace("description:", "descripton:"));
  await process.says("the flow has no description");
  await folder.write("acme/_words.ts", words("three"));
  await folder.write("acme/greet.ts", plain);
  await process.says('"word": "three"');

  const { runs } = await ground.parts.store();
  await folder.write("acme/greet.ts", greet('return step("hang here", () => new Promise(() => {}));'));
  const newest = async () => (await runs.list({ project: "default", limit: 1 }))[0];
  await expect.poll(async () => (await newest())?.status).toBe("running");
  const hung = (await newest())?.id ?? "";
  await flowStarted(ground.parts, hung);
  await folder.write("acme/greet.ts", plain.replace("word,", 'word: "four",'));
  await process.says('"word": "four"');
  expect(await runs.get("default", hung)).toMatchObject({
    outcome: { code: "cancelled", message: "A newer save took this run's place." },
  });

  process.child.kill("SIGINT");
  const { code } = await process.ended();
  expect(code).toBe(130);
  expect(site.counters.passwordSubmits).toBe(passwordSubmits);
});

test("in a terminal Enter runs it again, and q ends, giving the identity back", {
  timeout: 60_000,
}, async () => {
  await folder.write("acme/greet.ts", plain);
  await using terminal = startInTerminal(watching, environment());
  await terminal.shows("Enter runs it again, q ends.");
  const { leases, identities } = await ground.parts.store();
  const { id } = await identities.get("default", "ben");
  expect(await leases.tryAcquire(`session:${id}`)).toBeNull();
  terminal.type("\r");
  await expect.poll(() => terminal.output().match(/succeeded/g)?.length, { timeout: 20_000 }).toBe(2);
  await expect.poll(() => terminal.output().match(/q ends/g)?.length, { timeout: 20_000 }).toBe(2);
  terminal.type("q");
  expect((await terminal.ended()).code).toBe(0);
  await using lease = await leases.tryAcquire(`session:${id}`);
  expect(lease).not.toBeNull();
});
