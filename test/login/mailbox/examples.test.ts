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
