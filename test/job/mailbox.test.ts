import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/events.ts";
import { canReauthenticate } from "../../src/identity/credentials/can-reauthenticate.ts";
import { presets } from "../../src/identity/traits/ruleset.ts";
import type { MailboxSecurity, NewCredential } from "../../src/identity/types.ts";
import { handInCode } from "../../src/job/hand-in-code.ts";
import { type Service, startService } from "../../src/main.ts";
import { Secret } from "../../src/secret.ts";
import { mailUser, noImap, startImap, type TestImap } from "../support/imap.ts";
import { ada } from "../support/login-site.ts";
import { type MailingSite, startMailingSite } from "../support/mailing-site.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { ended, submit } from "../support/runs.ts";

describe.skipIf(noImap !== undefined)(
  `a queued run with a mailbox${noImap === undefined ? "" : ` (${noImap})`}`,
  () => {
    let imap: TestImap;
    let ground: TestParts;
    let service: Service;
    const actor = { name: "test" };

    beforeAll(async () => {
      imap = await startImap();
      ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
      service = await startService(ground.parts, new Set(["worker"]));
    });
    afterAll(async () => {
      await service?.stop(1_000);
      await ground?.[Symbol.asyncDispose]();
      await imap?.[Symbol.asyncDispose]();
    });

    /** A run of a new identity at the site, through the queue, to its end. */
    async function runAt(
      site: MailingSite,
      {
        password = true,
        traits,
        username = traits === undefined ? ada.username : undefined,
        mailbox = {},
        codeTimeoutMs = 15_000,
        handsIn = () => undefined,
      }: {
        password?: boolean;
        /** Of an identity that is known by them; it has no username of its own unless given. */
        traits?: { email: string };
        username?: string;
        mailbox?: { password?: Secret; security?: MailboxSecurity };
        codeTimeoutMs?: number;
        /** What somebody hands in while the run waits. */
        handsIn?: () => string | undefined;
      } = {},
    ) {
      const { identities, codes, runs } = await ground.parts.store();
      const typed = username === undefined ? {} : { username: new Secret(username) };
      const credentials: NewCredential[] = [{ type: "mailbox", ...imap.mailbox(mailbox) }];
      if (password)
        credentials.push({ type: "username_password", ...typed, password: new Secret(ada.password) });
      else if (traits === undefined) credentials.push({ type: "username_password", ...typed });
      const identity = await identities.create(
        "default",
        {
          name: `ada-${randomUUID().slice(0, 8)}`,
          sourceUrl: `${site.url}/home`,
          credentials,
          ...(traits === undefined ? {} : { applicationId: await addPool(), traits }),
        },
        actor,
      );
      const runId = await submit(ground.parts, {
        identityId: identity.id,
        flow: "trial/look",
        codeTimeoutMs,
      });
      const events: RunEvent[] = [];
      const run = await ended(ground.parts, runId, async (event) => {
        events.push(event);
        const code = event.type === "waiting_for_code" ? handsIn() : undefined;
        if (code !== undefined)
          await handInCode(
            { codes, runs, identities },
            { project: "default", runId, code: new Secret(code), actor },
          );
      });
      return { run, events, identity: await identities.get("default", identity.id) };
    }

    test("signs in with the code that is mailed, and nobody is needed", async () => {
      await using site = await startMailingSite(imap, { sends: "code" });
      const { run, events, identity } = await runAt(site);
      expect(run).toMatchObject({ status: "succeeded", attempts: 1 });
      expect(site.submits).toMatchObject({ password: 1, code: 1, other: 0 });
      expect(events).toContainEqual({ type: "code_received", kind: "code" });
      expect(identity.status).toBe("validated");
    });

    test("signs in with the link that is mailed for a username without a password", async () => {
      await using site = await startMailingSite(imap, { sends: "link" });
      const { run, events } = await runAt(site, { password: false });
      expect(run.status).toBe("succeeded");
      expect(events).toContainEqual({ type: "code_received", kind: "link" });
      expect(site.submits).toEqual({ password: 0, code: 0, username: 1, other: 0 });
    });

    /** An application whose identities are known by their e-mail addresses. */
    async function addPool(): Promise<string> {
      const { applications } = await ground.parts.store();
      const pool = {
        name: `pool ${randomUUID().slice(0, 8)}`,
        url: null,
        traitsSchema: presets["preset://email"],
      };
      return (await applications.create("default", pool, actor)).id;
    }

    test("signs in with the code that is mailed to the address an identity is known by, and with nothing else", async () => {
      const to = { to: "Ada <ADA@Example.test>" };
      await using site = await startMailingSite(imap, { sends: "code", isPasswordless: true, to });
      const { run, events, identity } = await runAt(site, {
        password: false,
        traits: { email: ada.username },
      });
      expect(run.status).toBe("succeeded");
      expect(site.submits).toEqual({ password: 0, code: 1, username: 1, other: 0 });
      expect(events).toContainEqual(
        expect.objectContaining({ type: "waiting_for_code", channel: "email", sentTo: "a***@example.test" }),
      );
      expect(identity).toMatchObject({ status: "validated", credentials: [{ type: "mailbox" }] });
      expect(canReauthenticate(identity)).toEqual({ can: true, reason: null });
    });

    test("looks at a message to the username that it types, beside the address it is known by", async () => {
      await using site = await startMailingSite(imap, { sends: "code", to: { to: ada.username } });
      const { run } = await runAt(site, {
        traits: { email: "lovelace@example.test" },
        username: ada.username,
      });
      expect(run.status).toBe("succeeded");
    });

    test("leaves codes alone that are mailed to somebody else in the same mailbox, and says so", async () => {
      const { identities } = await ground.parts.store();
      const bob = { applicationId: await addPool(), traits: { email: "bob@example.test" } };
      await identities.create("default", { ...bob, credentials: [] }, actor);
      const to = { to: "bob@example.test", headers: [`Delivered-To: ${ada.username}`] };
      await using site = await startMailingSite(imap, { sends: "code", to });
      const traits = { email: ada.username };
      const { run } = await runAt(site, { traits, codeTimeoutMs: 1_500 });
      expect(run.outcome).toMatchObject({
        code: "one_time_code_timeout",
        message:
          "The site asked for a one-time code, and none came within 2 s. 1 message in its mailbox was to somebody else and left alone.",
      });
      expect(site.submits).toMatchObject({ password: 1, code: 0 });
      expect(ground.logged()).toContain("a message to somebody else was left alone");
    });

    test("leaves a message alone that names nobody, where another identity has a mailbox on the server", async () => {
      await using site = await startMailingSite(imap, {
        sends: "code",
        to: { to: "undisclosed-recipients:;" },
      });
      const { run } = await runAt(site, { traits: { email: ada.username }, codeTimeoutMs: 1_500 });
      expect(run.outcome).toMatchObject({ code: "one_time_code_timeout" });
    });

    test("looks at a message to a tag of the address, unless that is another identity's", async () => {
      const to = { to: ada.username.replace("@", "+harbor@") };
      await using site = await startMailingSite(imap, { sends: "code", to });
      const traits = { email: ada.username };
      expect((await runAt(site, { traits })).run.status).toBe("succeeded");

      const { identities } = await ground.parts.store();
      const other = {
        applicationId: await addPool(),
        traits: { email: to.to },
        sourceUrl: `${site.url}/home`,
      };
      await identities.create("default", { ...other, credentials: [] }, actor);
      const { run } = await runAt(site, { traits, codeTimeoutMs: 1_500 });
      expect(run.outcome).toMatchObject({ code: "one_time_code_timeout" });
      expect(site.submits).toMatchObject({ password: 2, code: 1 });
    });

    test("waits for a person where the mailbox cannot be read, and says so", async () => {
      await using site = await startMailingSite(imap, { sends: "code" });
      const { run } = await runAt(site, {
        mailbox: { password: new Secret("wrong-Heron-1") },
        handsIn: () => site.sent.code,
      });
      expect(run.status).toBe("succeeded");
      expect(ground.logged()).toContain("the mailbox cannot be read: a code can still be handed in");
      expect(ground.logged()).toContain("refused the username or password");
    });

    test("says what was wrong with the mailbox where nobody came either", async () => {
      await using site = await startMailingSite(imap, { sends: "code" });
      const { run } = await runAt(site, { mailbox: { security: "tls" }, codeTimeoutMs: 2_000 });
      expect(run).toMatchObject({
        status: "failed",
        outcome: {
          code: "one_time_code_timeout",
          message: expect.stringMatching(
            /none came within 2 s\. The mailbox at .* certificate is self-signed/,
          ),
        },
      });
      expect(site.submits).toMatchObject({ password: 1, code: 0 });
    });

    test("has left no secret of the mailbox in the log", () => {
      for (const secret of [mailUser.username, mailUser.password, "wrong-Heron-1"])
        expect(ground.logged()).not.toContain(secret);
    });
  },
);
