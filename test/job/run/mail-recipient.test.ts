import { expect, test } from "vitest";
import { createMailRecipient } from "../../../src/job/run/mail-recipient.ts";
import { Secret } from "../../../src/secret.ts";

/** A record that fails the first time it is asked for something. */
function createRecord(addresses: string[]) {
  const asked = { addresses: 0, shares: 0 };
  return {
    asked,
    async emailAddresses() {
      asked.addresses += 1;
      if (asked.addresses === 1) throw new Error("not now");
      return addresses;
    },
    anothersAddresses: async () => new Set<string>(),
    async sharesMailServer() {
      asked.shares += 1;
      if (asked.shares === 1) throw new Error("not now");
      return true;
    },
  };
}

test("what the record could not say is asked again, what it said is not", async () => {
  const record = createRecord(["ada@post.test"]);
  const recipient = createMailRecipient({ record, identityId: "1" });
  await expect(recipient.addresses()).rejects.toThrow("not now");
  expect(await recipient.addresses()).toEqual(["ada@post.test"]);
  expect(await recipient.known()).toEqual(["ada@post.test"]);
  await expect(recipient.mayShareServer("imap.post.test")).rejects.toThrow("not now");
  expect(await recipient.mayShareServer("imap.post.test")).toBe(true);
  expect(await recipient.mayShareServer("imap.post.test")).toBe(true);
  expect(record.asked).toEqual({ addresses: 2, shares: 2 });
});

test.each([
  [
    "an e-mail address beside others",
    ["ada@post.test"],
    "lovelace@post.test",
    ["ada@post.test", "lovelace@post.test"],
  ],
  ["no e-mail address", ["ada@post.test"], "lovelace", ["ada@post.test"]],
  ["an e-mail address alone, which says too little", [], "lovelace@post.test", []],
])("of a username that is %s, messages are looked at", async (_what, known, username, addresses) => {
  const recipient = createMailRecipient({ record: createRecord(known), identityId: "1" });
  await recipient.known().catch(() => {});
  recipient.useCredentials({ usernamePassword: { username: new Secret(username) } });
  expect(await recipient.addresses()).toEqual(addresses);
});
