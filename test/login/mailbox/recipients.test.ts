import { expect, test } from "vitest";
import { readMessage } from "../../../src/login/mailbox/message.ts";
import { isFor } from "../../../src/login/mailbox/recipients.ts";
import { Secret } from "../../../src/secret.ts";
import { mail } from "../../support/mail.ts";

const ada = "ada@post.test";
const shop = "ada+shop@post.test";
const site = "Harbor <no-reply@harbor.example>";
/** Other identities. */
const others = ["ada+bob@post.test", "carol@post.test", "dora@xn--bcher-kva.example"];

interface Case {
  from?: string;
  to: string;
  headers?: string[];
  /** What signs in to the mailbox. */
  login?: string;
  /** Whether another identity has a mailbox on the server. */
  shared?: boolean;
}

/** Whether a message is looked at for an identity of these addresses, and the questions that were asked. */
async function look(
  addresses: string[],
  { from = site, to, headers = [], login = "all@post.test", shared = true }: Case,
) {
  const message = await readMessage(Buffer.from(mail({ from, to, headers, text: "482913" })));
  const asked: (readonly string[])[] = [];
  const looksAt = await isFor(message, {
    mailbox: { host: "imap.post.test", username: new Secret(login) },
    recipient: {
      addresses: async () => addresses,
      async anothersOf(some) {
        asked.push(some);
        return new Set(some.filter((address) => others.includes(address)));
      },
      mayShareServer: async () => shared,
    },
  });
  return { looksAt, asked };
}

const many = (count: number) => Array.from({ length: count }, (_, at) => `ada+${at}@post.test`);

/** In a mailbox of its own. */
const alone = { login: ada, shared: false };
/** In another's mailbox, or in its own that others' messages arrive in: its address says nothing of who they are to. */
const shared = { login: ada, shared: true };

test.each<[what: string, addresses: string[], message: Case]>([
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
  ["its address in a blind copy that shows", [ada], { to: "bob@post.test", headers: [`Bcc: ${ada}`] }],
  ["its address with the domain in letters", ["ada@xn--bcher-kva.example"], { to: "ada@bücher.example" }],
  ["its address with the domain in ASCII", ["Ada@Bücher.example"], { to: "ada@xn--bcher-kva.example" }],
  [
    "an old address, delivered to it",
    [ada],
    { to: "old-ada@old.example", headers: [`Delivered-To: ${ada}`, "Delivered-To: old-ada@old.example"] },
  ],
  ["an alias, forwarded to it", [ada], { to: "team@post.test", headers: [`X-Forwarded-To: ${ada}`] }],
  ["an alias, resent to it", [ada], { to: "team@post.test", headers: [`Resent-To: Ada <${ada}>`] }],
  ["an alias, resent to it as a copy", [ada], { to: "team@post.test", headers: [`Resent-Cc: ${ada}`] }],
  [
    "the sender, received for it",
    [ada],
    {
      to: site,
      headers: [`Received: from a by b with ESMTPS id 1\r\n\tfor <${ada}>; Sat, 21 Nov 2026 09:15:00 +0000`],
    },
  ],
  [
    "an alias, in a mailbox of its own",
    [ada],
    { ...alone, to: "team@post.test", headers: [`Delivered-To: ${ada}`] },
  ],
  ["nobody at all, in a mailbox of its own", [ada], { ...alone, to: "undisclosed-recipients:;" }],
  [
    "nobody but the mailbox itself, in a mailbox of its own",
    [ada],
    { shared: false, to: "undisclosed-recipients:;", headers: ["Delivered-To: all@post.test"] },
  ],
  ["anybody, for an identity without addresses", [], { to: "bob@post.test" }],
])("a message to %s is looked at", async (_what, addresses, message) => {
  expect((await look(addresses, message)).looksAt).toBe(true);
});

test.each<[what: string, addresses: string[], message: Case]>([
  ["somebody else", [ada], { to: "bob@post.test" }],
  ["the same name elsewhere", [ada], { to: "ada@post.example" }],
  ["a tag that is another identity's", [ada], { to: "ada+bob@post.test" }],
  ["another tag", [shop], { to: "ada+other@post.test" }],
  ["no tag", [shop], { to: ada }],
  ["an address that ends in its own", [ada], { to: "granada@post.test" }],
  [
    "somebody else, in the mailbox of it",
    [ada],
    { ...shared, to: "bob@post.test", headers: [`Delivered-To: ${ada}`] },
  ],
  [
    "somebody of the sender's own domain",
    [ada],
    { ...shared, to: "bob@harbor.example", headers: [`Delivered-To: ${ada}`] },
  ],
  [
    "nobody, delivered to somebody else first",
    [ada],
    {
      ...shared,
      to: "undisclosed-recipients:;",
      headers: [`Delivered-To: ${ada}`, "Delivered-To: bob@post.test"],
    },
  ],
  [
    "nobody, originally to somebody else",
    [ada],
    {
      ...shared,
      to: "undisclosed-recipients:;",
      headers: [`Delivered-To: ${ada}`, "X-Original-To: bob@post.test"],
    },
  ],
  ["its name only", [ada], { to: `"${ada}" <bob@post.test>` }],
  ["nobody at all", [ada], { to: "undisclosed-recipients:;" }],
  [
    "another identity, delivered to it",
    [ada],
    { ...alone, to: "carol@post.test", headers: [`Delivered-To: ${ada}`] },
  ],
  [
    "a tag of another identity, delivered to it",
    [ada],
    { ...alone, to: "carol+x@post.test", headers: [`Delivered-To: ${ada}`] },
  ],
  [
    "another identity with the domain in letters, delivered to it",
    [ada],
    { ...alone, to: "dora@bücher.example", headers: [`Delivered-To: ${ada}`] },
  ],
  [
    "nobody, delivered to another identity first",
    [ada],
    {
      ...alone,
      to: "undisclosed-recipients:;",
      headers: [`Delivered-To: ${ada}`, "Delivered-To: carol@post.test"],
    },
  ],
  [
    "another identity that wrote it to itself",
    [ada],
    { ...alone, from: "ada+bob@post.test", to: "ada+bob@post.test" },
  ],
  ["somebody else, in a mailbox of its own", [ada], { ...alone, to: "bob@post.test" }],
  ["no tag, in a mailbox of its own", [shop], { ...alone, to: ada }],
  ["itself among more than 50", [ada], { to: [ada, ...many(50)].join(", ") }],
])("a message to %s is left alone", async (_what, addresses, message) => {
  expect((await look(addresses, message)).looksAt).toBe(false);
});

test("a stranger's message is looked up in one question at most, and in none where it names nobody it could be", async () => {
  const tags = await look([shop, ada], { to: many(49).join(", ") });
  expect(tags).toMatchObject({ looksAt: true, asked: [expect.any(Array)] });
  expect(await look([ada], { to: many(2_000).join(", ") })).toEqual({ looksAt: false, asked: [] });
  expect(await look([ada], { to: "bob@post.test" })).toEqual({ looksAt: false, asked: [] });
});
