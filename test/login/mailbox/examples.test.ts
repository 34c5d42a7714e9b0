import { describe, expect, test } from "vitest";
import { allowedOrigins } from "../../../src/login/allowed-origin.ts";
import { findCode } from "../../../src/login/mailbox/find-code.ts";
import { findLink } from "../../../src/login/mailbox/find-link.ts";
import { readMessage } from "../../../src/login/mailbox/message.ts";
import { isAboutSite } from "../../../src/login/mailbox/sender.ts";
import { mail } from "../../support/mail.ts";
import { examples } from "./mails.ts";

const isAllowed = allowedOrigins({ sourceUrl: "https://app.harbor.example/home", domains: [] });

describe("what is in a mail is found, and nothing else", () => {
  test.each(examples)("$what", async ({ code, link, ...parts }) => {
    const message = await readMessage(Buffer.from(mail(parts)));
    expect({ code: findCode(message)?.code, link: findLink(message, { isAllowed }).url }).toEqual({
      code,
      link,
    });
    expect(isAboutSite(message, ["larch.test", "app.harbor.example"])).toBe(true);
    expect(isAboutSite({ ...message, from: ["x@elsewhere.test"] }, ["larch.test"])).toBe(false);
  });
});

test.each(["a", "a.", "1-", "verify confirm ", "認証コード ", "https://harbor.example/?token=a1 "])(
  "a mail with half a million letters (%s) does not keep the process busy, and its code is found",
  async (filling) => {
    const text = `Your code is 482913.\n${`${filling.repeat(990 / filling.length)}\n`.repeat(500)}`;
    const startedAt = performance.now();
    const message = await readMessage(Buffer.from(mail({ text })));
    expect(findCode(message)?.code).toBe("482913");
    findLink(message, { isAllowed });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  },
);
