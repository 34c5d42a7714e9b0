import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Failure } from "../../../src/failure.ts";
import type { RevealedMailbox } from "../../../src/identity/types.ts";
import { createLogger } from "../../../src/log.ts";
import { allowedOrigins } from "../../../src/login/allowed-origin.ts";
import { type Mailbox, openMailbox, type Wanted } from "../../../src/login/mailbox/mailbox.ts";
import { everybody, type Recipient } from "../../../src/login/mailbox/recipients.ts";
import { createRedactor } from "../../../src/redact.ts";
import { Secret } from "../../../src/secret.ts";
import { mailUser, noImap, startImap, type TestImap } from "../../support/imap.ts";
import { mail } from "../../support/mail.ts";

const wanted: Wanted = {
  request: { expects: "code" },
  siteHosts: ["app.harbor.example"],
  isAllowed: allowedOrigins({ sourceUrl: "https://app.harbor.example/home", domains: [] }),
};
// A mailbox that missed the word of new mail looks again after 20 s.
const soon = () => AbortSignal.timeout(25_000);
const codeMail = (code: string, from?: string) =>
  mail({
    subject: "Signing in",
    text: `Your verification code is ${code}.`,
    ...(from === undefined ? {} : { from }),
  });

async function given(mailbox: Mailbox, asked: Wanted = wanted, signal = soon()): Promise<string> {
  const answer = await mailbox.next(asked, signal);
  return answer.kind === "code" ? answer.code.reveal() : answer.url.reveal();
}

describe.skipIf(noImap !== undefined)(
  `a mailbox on a real server${noImap === undefined ? "" : ` (${noImap})`}`,
  () => {
    let imap: TestImap;
    let written: string;
    const log = createLogger({
      level: "trace",
      format: "json",
      redactor: createRedactor(),
      destination: { write: (line: string) => (written += line) } as unknown as NodeJS.WriteStream,
    });
    const open = (change?: Partial<RevealedMailbox>) =>
      openMailbox({ mailbox: imap.mailbox(change), signal: soon(), log });

    beforeAll(async () => {
      written = "";
      imap = await startImap();
    });
    afterAll(() => imap?.[Symbol.asyncDispose]());

    test("a message that lay there before is never taken, one that comes is, once, and stays unread", async () => {
      await imap.deliver(codeMail("111111"));
      await using mailbox = await open();
      await expect(mailbox.next(wanted, AbortSignal.timeout(300))).rejects.toThrow(/timeout/);
      await imap.deliver(codeMail("482913"));
      expect(await given(mailbox)).toBe("482913");
      await expect(mailbox.next(wanted, AbortSignal.timeout(300))).rejects.toThrow(/timeout/);
      expect((await imap.flags()).flat()).not.toContain("\\Seen");
    });

    test("a message that comes while the server is waited on is noticed at once", async () => {
      await using mailbox = await open();
      const asking = given(mailbox);
      await imap.deliver(codeMail("730114"));
      expect(await asking).toBe("730114");
    });

    test("of several the newest is taken, and no older one after it", async () => {
      await using mailbox = await open();
      await imap.deliver(codeMail("222222"));
      await imap.deliver(codeMail("333333"));
      expect(await given(mailbox)).toBe("333333");
      await imap.deliver(codeMail("444444"));
      expect(await given(mailbox)).toBe("444444");
    });

    test("a message that is not about the site comes second, and only with a code beyond doubt", async () => {
      await using mailbox = await open();
      await imap.deliver(codeMail("555555"));
      await imap.deliver(codeMail("666666", "Otter Bank <pin@otterbank.test>"));
      expect(await given(mailbox)).toBe("555555");
      await imap.deliver(mail({ from: "x@otterbank.test", text: "Enter 777777 to continue" }));
      await imap.deliver(codeMail("888888", "Otter Bank <pin@otterbank.test>"));
      expect(await given(mailbox)).toBe("888888");
    });

    test("messages of other senders than the one that was named are left alone", async () => {
      await using mailbox = await open({ from: "@Harbor.example" });
      await imap.deliver(codeMail("555555", "Harbor <harbor@otterbank.test>"));
      await imap.deliver(codeMail("121212"));
      await imap.deliver(codeMail("666666", "Harbor <harbor@otterbank.test>"));
      expect(await given(mailbox)).toBe("121212");
      await using inLetters = await open({ from: "@Bücher.example" });
      await imap.deliver(codeMail("121213", "no-reply@xn--bcher-kva.example"));
      expect(await given(inLetters, { ...wanted, siteHosts: ["xn--bcher-kva.example"] })).toBe("121213");
    });

    test("a message is not lost because the database did not say whose it is; those to others are counted, and told once", async () => {
      let answers = 0;
      const recipient: Recipient = {
        ...everybody,
        async addresses() {
          answers += 1;
          if (answers === 1) throw new Failure("database_unavailable", "Postgres does not answer.");
          return ["ada@post.test"];
        },
      };
      await using mailbox = await openMailbox({ mailbox: imap.mailbox(), recipient, signal: soon(), log });
      const said = written.length;
      await imap.deliver(mail({ to: "bob@post.test", text: "Your verification code is 343434." }));
      await imap.deliver(mail({ to: "carol@post.test", text: "Your verification code is 353535." }));
      await imap.deliver(codeMail("323232"));
      // Sooner than a server is asked again that has nothing new to tell.
      expect(await given(mailbox, wanted, AbortSignal.timeout(10_000))).toBe("323232");
      expect(mailbox.leftAlone).toBe(2);
      expect(written.slice(said).match(/a message to somebody else was left alone/g)).toHaveLength(1);
    });

    test("a link is given where one is wanted; one on another domain is not, and that is said without it", async () => {
      const token = "kJ8f2mQ9xT4vB7nL1pR6sW3z";
      const link = (host: string) =>
        mail({
          subject: "Sign in to Harbor",
          html: `<a href="https://${host}/magic?token=${token}">Sign in</a>`,
        });
      await using mailbox = await open();
      await imap.deliver(link("harbor.example.evil.test"));
      const linkWanted = { ...wanted, request: { expects: "link" } } as const;
      await expect(mailbox.next(linkWanted, AbortSignal.timeout(500))).rejects.toThrow(/timeout/);
      expect(written).toContain("leads to a domain that is not allowed");
      await imap.deliver(link("harbor.example"));
      expect(await given(mailbox, linkWanted)).toBe(`https://harbor.example/magic?token=${token}`);
      expect(written).not.toContain(token);
    });

    test("where the page takes either, a message with a link alone gives it, and one of a code the code", async () => {
      const either = { ...wanted, request: { expects: "either" } } as const;
      await using mailbox = await open();
      await imap.deliver(
        mail({ text: "Sign in: https://harbor.example/login?token=a8f2-4411\n\nOr type the code 909090." }),
      );
      expect(await given(mailbox, either)).toBe("909090");
      await imap.deliver(mail({ text: "Sign in: https://harbor.example/login?token=a8f2-4411" }));
      expect(await given(mailbox, either)).toBe("https://harbor.example/login?token=a8f2-4411");
    });

    test("a message that did not have what was wanted first is looked at again", async () => {
      await using mailbox = await open();
      await imap.deliver(codeMail("131313"));
      const linkWanted = { ...wanted, request: { expects: "link" } } as const;
      await expect(mailbox.next(linkWanted, AbortSignal.timeout(500))).rejects.toThrow(/timeout/);
      expect(await given(mailbox)).toBe("131313");
    });

    test("a connection that is lost is made anew, and what came meanwhile is not", async () => {
      await using mailbox = await open();
      const asking = given(mailbox);
      await imap.dropConnections();
      await imap.deliver(codeMail("141414"));
      expect(await asking).toBe("141414");
      await imap.dropConnections();
      await imap.deliver(codeMail("151515"));
      expect(await given(mailbox)).toBe("151515");
    });

    test("a folder that was made anew is not mistaken for the one before", async () => {
      await imap.createFolder("Codes");
      await imap.deliver(codeMail("161616"), "Codes");
      await using mailbox = await open({ folder: "Codes" });
      await imap.deleteFolder("Codes");
      await imap.createFolder("Codes");
      await imap.deliver(codeMail("171717"), "Codes");
      await imap.dropConnections();
      await expect(mailbox.next(wanted, AbortSignal.timeout(2_000))).rejects.toThrow(/timeout/);
      expect(written).toContain("numbered anew");
      await imap.deliver(codeMail("181818"), "Codes");
      expect(await given(mailbox)).toBe("181818");
    });

    test("a folder with letters of another script is found", async () => {
      await imap.createFolder("Prüfcodes 認証");
      await using mailbox = await open({ folder: "Prüfcodes 認証" });
      await imap.deliver(codeMail("191919"), "Prüfcodes 認証");
      expect(await given(mailbox)).toBe("191919");
    });

    test("a message of several megabytes is read from its beginning", async () => {
      await using mailbox = await open();
      const attachment = "QUJD".repeat(900_000).replaceAll(/.{76}/g, "$&\r\n");
      await imap.deliver(
        `From: no-reply@harbor.example\r\nSubject: Your code\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nYour code is 202020.\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${attachment}\r\n--b--\r\n`,
      );
      expect(await given(mailbox)).toBe("202020");
    });

    test("a server that cannot tell of new messages by itself is asked", async () => {
      await using plainServer = await startImap({ idle: false });
      await using mailbox = await openMailbox({ mailbox: plainServer.mailbox(), signal: soon(), log });
      const asking = given(mailbox);
      await plainServer.deliver(codeMail("212121"));
      expect(await asking).toBe("212121");
    });

    describe("what cannot be opened is said in words to act on, and is not tried again", () => {
      const faults: [what: string, change: Partial<RevealedMailbox>, says: RegExp][] = [
        ["a wrong password", { password: new Secret("wrong-Heron-1") }, /refused the username or password/],
        ["an unknown folder", { folder: "Nowhere" }, /has no folder "Nowhere"/],
        ["a self-signed certificate", { security: "tls" }, /certificate is self-signed.*NODE_EXTRA_CA_CERTS/],
        ["the same after STARTTLS", { security: "starttls" }, /certificate is self-signed/],
        ["a host that is not there", { host: "mail.invalid" }, /there is no host of that name/],
      ];
      test.each(faults)("%s", async (_what, change, says) => {
        const startedAt = performance.now();
        const failure = await open(change).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: "mailbox_unavailable", retryable: false });
        expect(failure).not.toHaveProperty("cause");
        expect(String(failure)).toMatch(says);
        expect(String(failure)).not.toContain("wrong-Heron-1");
        expect(performance.now() - startedAt).toBeLessThan(5_000);
      });

      test("TLS where there is none", async () => {
        await expect(open({ security: "tls", port: imap.ports.plain })).rejects.toThrow(
          /does not speak TLS on this port/,
        );
      });

      test("nobody listening: tried again a little, then said", async () => {
        await expect(open({ port: 1 })).rejects.toMatchObject({
          code: "mailbox_unavailable",
          retryable: true,
          message: expect.stringContaining("accepts no connection"),
        });
      });
    });

    test("a certificate of an authority that Node was told of is trusted, over TLS and STARTTLS", async () => {
      const program = `
      import { openMailbox } from "./src/login/mailbox/mailbox.ts";
      import { Secret } from "./src/secret.ts";
      import { pino } from "pino";
      const { password, ...rest } = JSON.parse(process.env.MAILBOX);
      for (const [security, port] of Object.entries(JSON.parse(process.env.PORTS))) {
        const mailbox = { ...rest, security, port, username: new Secret(rest.username), password: new Secret(password) };
        await using open = await openMailbox({ mailbox, signal: AbortSignal.timeout(10000), log: pino({ level: "silent" }) });
        console.log(security + " opened");
      }`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--input-type=module-typescript", "--eval", program],
        {
          cwd: `${import.meta.dirname}/../../..`,
          env: {
            ...process.env,
            NODE_EXTRA_CA_CERTS: imap.certificateFile,
            MAILBOX: JSON.stringify({ host: "localhost", folder: "INBOX", ...mailUser }),
            PORTS: JSON.stringify({ tls: imap.ports.tls, starttls: imap.ports.plain }),
          },
        },
      );
      expect(stdout).toBe("tls opened\nstarttls opened\n");
    });

    test("opening and waiting stop with their signals, and closing leaves nothing open", async () => {
      const reason = new Error("enough");
      await expect(
        openMailbox({ mailbox: imap.mailbox(), signal: AbortSignal.abort(reason), log }),
      ).rejects.toBe(reason);
      const mailbox = await open();
      const stop = new AbortController();
      const asking = mailbox.next(wanted, stop.signal);
      stop.abort(reason);
      await expect(asking).rejects.toBe(reason);
      await mailbox[Symbol.asyncDispose]();
      await mailbox[Symbol.asyncDispose]();
    });

    test("the log holds neither the mailbox's credentials nor what came", () => {
      for (const secret of [mailUser.username, mailUser.password, "482913", "730114", "Signing in"])
        expect(written).not.toContain(secret);
      expect(written).toContain("the mailbox gave what the site had sent");
    });
  },
);
