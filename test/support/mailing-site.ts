import { randomBytes, randomInt } from "node:crypto";
import type { TestImap } from "./imap.ts";
import { ada, home, type LoginSite, page, type Routes, startLoginSite } from "./login-site.ts";
import { type MailParts, mail } from "./mail.ts";

/** A site that e-mails what its logins need, and what it has sent. */
export interface MailingSite extends LoginSite {
  /** Its address under a name of its own, which its mails come from. */
  readonly url: string;
  readonly sent: { code: string; token: string };
}

export const siteHost = "harbor.localhost";

interface Options {
  /** A password first, then a code; or a link for the username alone. */
  sends: "code" | "link";
  /** Asks for the username alone before a code, too. */
  isPasswordless?: boolean;
  /** Headers of its mails: who they are to. */
  to?: Pick<MailParts, "to" | "headers">;
  /** Where the link leads; the site itself unless given. */
  linkOrigin?: string;
  /** Put into the mailbox before the code or link. */
  first?: string;
  /** Where in the link its token stands; in the query unless given. */
  tokenIn?: "query" | "path";
  /** Makes its codes; six digits each unless given. */
  code?: () => string;
}

const passwordForm = `<h1>Sign in</h1><form method=post action=/login><label>E-mail <input name=username type=email></label>
  <label>Password <input name=password type=password></label><button>Sign in</button></form>`;
const codeForm = (complaint: string) =>
  `<h1>Check your e-mail</h1>${complaint}<p>We sent a code to a•••@example.test.</p>
  <form method=post action=/code><label>Code <input name=code autocomplete=one-time-code></label><button>Continue</button></form>`;
const linkForm = `<h1>Sign in</h1><p>We send you a link, no password needed.</p>
  <form method=post action=/send><label>E-mail <input name=username type=email></label><button>Send me a link</button></form>`;

/** Starts a site whose logins are ended with what it puts into the mailbox. */
export async function startMailingSite(
  imap: TestImap,
  {
    sends,
    linkOrigin,
    isPasswordless = sends === "link",
    to = {},
    tokenIn = "query",
    first,
    code = () => String(randomInt(1_000_000)).padStart(6, "0"),
  }: Options,
): Promise<MailingSite> {
  const sent = { code: "", token: "" };
  let sendings = 0;
  const from = `Harbor <no-reply@${siteHost}>`;

  async function sendCode(): Promise<void> {
    sent.code = code();
    sendings += 1;
    const wrong = first !== undefined && sendings === 1;
    await imap.deliver(
      mail({
        from,
        ...to,
        subject: "Signing in to Harbor",
        encoding: "quoted-printable",
        html: `<p>Your verification code is <b>${wrong ? first : sent.code}</b>. Order 5512093, ${new Date().getFullYear()}.</p>`,
      }),
    );
  }

  const routes: Routes = {
    "GET /login": () => ({ html: page("Sign in", isPasswordless ? linkForm : passwordForm) }),
    "POST /login": async (visit, own) => {
      if (!own.takePassword(visit)) return { html: page("Sign in", passwordForm) };
      visit.session.passwordAccepted = true;
      await sendCode();
      return { redirect: "/code" };
    },
    "GET /code": () => ({ html: page("Check your e-mail", codeForm("")) }),
    "POST /code": async ({ form, session }, own) => {
      own.submits.code += 1;
      if (form.get("code") !== sent.code) {
        await sendCode();
        const complaint = '<p role="alert">That code is wrong. We have sent a new one.</p>';
        return { html: page("Check your e-mail", codeForm(complaint)) };
      }
      session.user = ada.username;
      return { redirect: "/home" };
    },
    "POST /send": async ({ form }, own) => {
      own.submits.username += 1;
      if (sends === "code") {
        if (form.get("username") === ada.username) await sendCode();
        return { redirect: "/code" };
      }
      sent.token = randomBytes(18).toString("base64url");
      const origin = linkOrigin ?? site.url;
      const link = tokenIn === "query" ? `/magic?token=${sent.token}` : `/magic/${sent.token}`;
      if (form.get("username") === ada.username)
        await imap.deliver(
          mail({
            from,
            subject: "Your link to sign in",
            encoding: "base64",
            html: `<p><a href="${origin}${link}">Sign in to Harbor</a></p>
              <p>Not you? <a href="${origin}/report?token=${sent.token}">Report it</a>.</p>`,
          }),
        );
      return {
        html: page(
          "Check your e-mail",
          "<h1>Check your e-mail</h1><p>We sent you a link to sign in with.</p>",
        ),
      };
    },
    "GET *": ({ path, query, session }) => {
      if (!path.startsWith("/magic") || (query.get("token") ?? path.slice(7)) !== sent.token)
        return { html: page("Sorry", "<p>This link is not valid.</p>") };
      session.user = ada.username;
      return { html: home(ada.username) };
    },
    "GET /report": (_visit, own) => {
      own.submits.other += 1;
      return { html: page("Reported", "<p>Thank you.</p>") };
    },
  };
  const started = await startLoginSite(routes);
  const site: MailingSite = { ...started, url: started.at(siteHost), sent };
  return site;
}
