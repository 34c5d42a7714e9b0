import { expect, test } from "vitest";
import { readMessage } from "../../../src/login/mailbox/message.ts";
import { isFor } from "../../../src/login/mailbox/recipients.ts";
import { mail } from "../../support/mail.ts";

const ada = "ada@post.test";
const shop = "ada+shop@post.test";
const site = "Harbor <no-reply@harbor.example>";

/** Whether a message is looked at for an identity of these addresses, where `bob` is another. */
async function looksAt(
  addresses: string[],
  { to, headers = [] }: { to: string; headers?: string[] },
): Promise<boolean> {
  const message = await readMessage(Buffer.from(mail({ from: site, to, headers, text: "482913" })));
  return await isFor(message, {
    addresses: async () => addresses,
    isAnothers: async (address) => address === "ada+bob@post.test",
  });
}

test.each([
  ["its address", [ada], { to: ada }],
  ["its address, whatever the case", [ada], { to: "Ada Lovelace <ADA@Post.Test>" }],
  ["one of several addresses", ["other@post.test", ada], { to: ada }],
  ["one of several recipients", [ada], { to: `bob@post.test, "Lovelace, Ada" <${ada}>` }],
  ["a group it is in", [ada], { to: `People: bob@post.test, ${ada};` }],
  ["a copy", [ada], { to: "bob@post.test", headers: [`Cc: ${ada}`] }],
  ["its address with a tag", [ada], { to: "ada+harbor@post.test" }],
  ["its tagged address", [shop], { to: shop }],
  [
    "nobody named, delivered to it",
    [ada],
    { to: "undisclosed-recipients:;", headers: [`Delivered-To: ${ada}`] },
  ],
  ["the sender, delivered to it", [ada], { to: site, headers: [`X-Original-To: <${ada}>`] }],
  [
    "the sender, delivered to it and on",
    [ada],
    { to: site, headers: ["Delivered-To: all@post.test", `Envelope-To: ${ada}`] },
  ],
  ["anybody, for an identity without addresses", [], { to: "bob@post.test" }],
])("a message to %s is looked at", async (_what, addresses, message) => {
  expect(await looksAt(addresses, message)).toBe(true);
});

test.each([
  ["somebody else", [ada], { to: "bob@post.test" }],
  ["the same name elsewhere", [ada], { to: "ada@post.example" }],
  ["a tag that is another identity's", [ada], { to: "ada+bob@post.test" }],
  ["another tag", [shop], { to: "ada+other@post.test" }],
  ["no tag", [shop], { to: ada }],
  ["an address that ends in its own", [ada], { to: "granada@post.test" }],
  ["somebody else, in the mailbox of it", [ada], { to: "bob@post.test", headers: [`Delivered-To: ${ada}`] }],
  [
    "somebody of the sender's own domain",
    [ada],
    { to: "bob@harbor.example", headers: [`Delivered-To: ${ada}`] },
  ],
  [
    "nobody, delivered to somebody else first",
    [ada],
    { to: "undisclosed-recipients:;", headers: [`Delivered-To: ${ada}`, "Delivered-To: bob@post.test"] },
  ],
  [
    "nobody, originally to somebody else",
    [ada],
    { to: "undisclosed-recipients:;", headers: [`Delivered-To: ${ada}`, "X-Original-To: bob@post.test"] },
  ],
  ["its name only", [ada], { to: `"${ada}" <bob@post.test>` }],
  ["nobody at all", [ada], { to: "undisclosed-recipients:;" }],
])("a message to %s is left alone", async (_what, addresses, message) => {
  expect(await looksAt(addresses, message)).toBe(false);
});
