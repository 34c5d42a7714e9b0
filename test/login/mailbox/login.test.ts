import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Failure } from "../../../src/failure.ts";
import { allowedOrigins } from "../../../src/login/allowed-origin.ts";
import { createLoginMailbox } from "../../../src/login/mailbox/login-mailbox.ts";
import { launchChromium, silent } from "../../support/chromium.ts";
import { noImap, startImap, type TestImap } from "../../support/imap.ts";
import { attemptLogin } from "../../support/login-attempt.ts";
import { mail } from "../../support/mail.ts";
import { type MailingSite, siteHost, startMailingSite } from "../../support/mailing-site.ts";

describe.skipIf(noImap !== undefined)(
  `a login with a mailbox${noImap === undefined ? "" : ` (${noImap})`}`,
  () => {
    let browser: Browser;
    let imap: TestImap;
    beforeAll(async () => {
      browser = await launchChromium();
      imap = await startImap();
    });
    afterAll(async () => {
      await imap?.[Symbol.asyncDispose]();
      await browser.close();
    });

    /** One login with nothing but the mailbox to ask. */
    async function signIn(site: MailingSite, { password = true, waitMs = 15_000 } = {}) {
      const sourceUrl = `${site.url}/home`;
      await using mailbox = createLoginMailbox({
        siteUrls: () => [sourceUrl],
        isAllowed: allowedOrigins({ sourceUrl, domains: [] }),
        signal: AbortSignal.timeout(50_000),
        log: silent,
      });
      await mailbox.open(imap.mailbox());
      await using attempt = await attemptLogin({
        browser,
        sourceUrl,
        totpSecret: null,
        has: { mailbox: true, password },
        async outOfBand(request, signal) {
          const late = AbortSignal.timeout(waitMs);
          try {
            return await mailbox.next(request, AbortSignal.any([signal, late]));
          } catch (error) {
            if (late.aborted) throw new Failure("one_time_code_timeout", "None came.");
            throw error;
          }
        },
      });
      return attempt.result;
    }

    test("types the code that is mailed after the password", async () => {
      await using site = await startMailingSite(imap, { sends: "code" });
      expect(await signIn(site)).toMatchObject({ status: "signed_in", submits: { password: 1, code: 1 } });
      expect(site.submits).toMatchObject({ password: 1, code: 1, other: 0 });
    });

    test("never types a code that lay in the mailbox already", async () => {
      await using site = await startMailingSite(imap, { sends: "code" });
      await imap.deliver(mail({ from: `x@${siteHost}`, text: "Your verification code is 111222." }));
      expect(await signIn(site)).toMatchObject({ status: "signed_in", submits: { password: 1, code: 1 } });
    });

    test("takes the next message when the site refuses the first one's code", async () => {
      await using site = await startMailingSite(imap, { sends: "code", first: "111222" });
      expect(await signIn(site)).toMatchObject({ status: "signed_in", submits: { password: 1, code: 2 } });
      expect(site.submits).toMatchObject({ password: 1, code: 2 });
    });

    test("opens the link that is mailed for a username alone, and no other link", async () => {
      await using site = await startMailingSite(imap, { sends: "link" });
      expect(await signIn(site, { password: false })).toMatchObject({
        status: "signed_in",
        submits: { password: 0, code: 0 },
      });
      expect(site.submits).toMatchObject({ username: 1, other: 0 });
      expect(site.requests).toContain(`GET /magic?token=${site.sent.token}`);
    });

    test("does not open a link on another domain", async () => {
      await using other = await startMailingSite(imap, { sends: "link" });
      await using site = await startMailingSite(imap, {
        sends: "link",
        linkOrigin: other.at("evil.localhost"),
      });
      expect(await signIn(site, { password: false, waitMs: 3_000 })).toMatchObject({
        status: "failed",
        failure: { code: "one_time_code_timeout" },
      });
      expect(other.requests).toEqual([]);
    });
  },
);
