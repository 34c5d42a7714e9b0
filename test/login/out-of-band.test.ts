import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Failure } from "../../src/failure.ts";
import { answerOf, type OutOfBandAnswer, type OutOfBandRequest } from "../../src/login/out-of-band.ts";
import { type Concept, speaksOf } from "../../src/login/words.ts";
import { Secret } from "../../src/secret.ts";
import { launchChromium } from "../support/chromium.ts";
import { attemptLogin } from "../support/login-attempt.ts";
import { ada, home, type LoginSite, page, type Routes, startLoginSite } from "../support/login-site.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const passwordPage = page(
  "Sign in",
  `<h1>Sign in</h1><form method=post action=/login><label>E-mail <input name=username type=email></label>
  <label>Password <input name=password type=password></label><button>Sign in</button></form>`,
);
const codePage = (message: string, complaint = "") =>
  page(
    "One more step",
    `<h1>One more step</h1><p>${message}</p>${complaint === "" ? "" : `<p role=alert>${complaint}</p>`}
    <form method=post action=/code><label>Code <input name=code inputmode=numeric></label><button>Continue</button></form>
    <a href=/never>Send the code again</a>`,
  );
const mailed = "We sent a code to a•••@example.test. It is good for 10 minutes.";

/** A site that asks for a code after the password, in the words given; `right` is the only one it takes. */
function codeSite(message: string, right = "493027"): Routes {
  return {
    "GET /login": () => ({ html: passwordPage }),
    "POST /login": (visit, site) => {
      if (!site.takePassword(visit)) return { html: passwordPage };
      return { redirect: "/code" };
    },
    "GET /code": () => ({ html: codePage(message) }),
    "POST /code": ({ form, session }, site) => {
      site.submits.code += 1;
      if (form.get("code") !== right) return { html: codePage(message, "That code is wrong. Try again.") };
      session.user = ada.username;
      return { redirect: "/home" };
    },
  };
}

interface Asked {
  /** What was asked for, in order. */
  requests: OutOfBandRequest[];
}

/** Gives these answers, one each time it is asked; then fails as a run does that waited too long. */
function answering(...answers: (string | ((site: LoginSite) => string))[]) {
  const asked: Asked = { requests: [] };
  return {
    asked,
    outOfBand:
      (site: LoginSite) =>
      async (request: OutOfBandRequest): Promise<OutOfBandAnswer> => {
        const answer = answers[asked.requests.length];
        asked.requests.push(request);
        if (answer === undefined) throw new Failure("one_time_code_timeout", "None came.");
        return answerOf(new Secret(typeof answer === "string" ? answer : answer(site)));
      },
  };
}

interface SignIn {
  routes: Routes;
  answers?: Parameters<typeof answering>;
  has?: { password?: boolean; mailbox?: boolean };
  totpSecret?: string | null;
}

async function signIn({ routes, answers = [], has = {}, totpSecret = null }: SignIn) {
  await using site = await startLoginSite(routes);
  const { asked, outOfBand } = answering(...answers);
  await using attempt = await attemptLogin({
    browser,
    sourceUrl: `${site.origin}/home`,
    totpSecret,
    outOfBand: outOfBand(site),
    has,
  });
  const { result } = attempt;
  return { result, submits: { ...site.submits }, asked: asked.requests, requests: [...site.requests] };
}

describe("a code that comes another way", () => {
  test("is typed once it is handed in, whatever it was handed in with", async () => {
    const { result, submits, asked } = await signIn({ routes: codeSite(mailed), answers: ["493 027"] });
    expect(result).toMatchObject({ status: "signed_in", submits: { password: 1, code: 1 } });
    expect(submits).toEqual({ password: 1, code: 1, username: 0, other: 0 });
    expect(asked).toEqual([{ channel: "email", expects: "either", siteMessage: mailed }]);
  });

  test("is asked for once more when the site refuses it, and the password is not", async () => {
    const { result, submits, asked } = await signIn({
      routes: codeSite(mailed),
      answers: ["111111", "493027"],
    });
    expect(result.status).toBe("signed_in");
    expect(submits).toMatchObject({ password: 1, code: 2 });
    expect(asked).toHaveLength(2);
  });

  test("is not asked for a third time", async () => {
    const { result, submits, asked } = await signIn({
      routes: codeSite(mailed),
      answers: ["111111", "222222", "493027"],
    });
    expect(result).toMatchObject({ status: "failed", failure: { code: "invalid_one_time_code" } });
    expect(submits).toMatchObject({ password: 1, code: 2 });
    expect(asked).toHaveLength(2);
  });

  test("that does not come ends the login, and nothing was submitted in its place", async () => {
    const { result, submits } = await signIn({ routes: codeSite(mailed) });
    expect(result).toMatchObject({ status: "failed", failure: { code: "one_time_code_timeout" } });
    expect(submits).toMatchObject({ password: 1, code: 0 });
  });

  test.each([
    ["We texted a code to +1 ••• •• 42.", "sms"],
    ["Enter the code from your authenticator app.", "unknown"],
    [mailed, "email"],
  ] as const)("names the way it comes: %s", async (message, channel) => {
    const { result, asked } = await signIn({ routes: codeSite(message), answers: ["493027"] });
    expect(result.status).toBe("signed_in");
    expect(asked[0]?.channel).toBe(channel);
  });

  test("is sent for where the site waits to be told to", async () => {
    const routes: Routes = {
      ...codeSite(mailed),
      "POST /login": (visit, site) => {
        site.takePassword(visit);
        return { redirect: "/verify" };
      },
      "GET /verify": () => ({
        html: page(
          "Verify",
          `<h1>Verify that it is you</h1><form method=post action=/send><button name=address value=1>Send code to a•••@example.test</button></form>
          <form method=post action=/never><button>Use a backup code</button></form>`,
        ),
      }),
      "POST /send": () => ({ redirect: "/code" }),
    };
    const { result, submits } = await signIn({ routes, answers: ["493027"] });
    expect(result.status).toBe("signed_in");
    expect(submits).toEqual({ password: 1, code: 1, username: 0, other: 0 });
  });

  test("is sent to the mailbox where the identity has one, not asked of somebody with an app", async () => {
    const routes: Routes = {
      ...codeSite(mailed),
      "POST /login": (visit, site) => {
        site.takePassword(visit);
        return { redirect: "/app" };
      },
      "GET /app": () => ({
        html: codePage("Enter the code from your authenticator app.").replace(
          "<a href=/never>Send the code again</a>",
          "<a href=/code>Email me a code instead</a>",
        ),
      }),
    };
    const { result, asked } = await signIn({ routes, answers: ["493027"], has: { mailbox: true } });
    expect(result.status).toBe("signed_in");
    expect(asked).toEqual([{ channel: "email", expects: "either", siteMessage: mailed }]);
  });

  test("is needed in place of the authenticator's when the site mailed one all the same", async () => {
    const { result, asked } = await signIn({
      routes: codeSite(mailed),
      answers: ["493027"],
      totpSecret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    });
    expect(result.status).toBe("signed_in");
    expect(asked).toHaveLength(1);
  });
});

describe("a link that comes another way", () => {
  const sent = "Check your inbox: we sent a sign-in link to a•••@example.test.";
  /** A site without passwords: an address, then a link. */
  const linkSite = (formHtml: string): Routes => ({
    "GET /login": () => ({ html: page("Sign in", `<h1>Sign in</h1>${formHtml}`) }),
    "POST /link": ({ form }, site) => {
      site.submits.username += form.get("email") === ada.username ? 1 : 0;
      return { html: page("Check your inbox", `<h1>Almost there</h1><p>${sent}</p>`) };
    },
    "GET /enter": ({ query, session }) => {
      if (query.get("token") !== "k3y-of-9f31")
        return { status: 400, html: page("Sorry", "<p>Expired.</p>") };
      session.user = ada.username;
      return { redirect: "/home" };
    },
  });
  const onlyAddress = `<form method=post action=/link><label>E-mail <input name=email type=email></label><button>Continue</button></form>`;
  const besidePassword = `<form method=post action=/never><label>E-mail <input name=email type=email></label>
    <label>Password <input name=password type=password></label><button>Sign in</button>
    <button formaction=/link>Email me a sign-in link</button></form>`;
  const right = (site: LoginSite) => `${site.origin}/enter?token=k3y-of-9f31`;

  test.each([
    ["the site asks for the address only", onlyAddress],
    ["it is offered beside the password", besidePassword],
  ])("signs in who has no password: %s", async (_, form) => {
    const { result, submits, asked } = await signIn({
      routes: linkSite(form),
      answers: [right],
      has: { password: false },
    });
    expect(result).toMatchObject({ status: "signed_in", submits: { password: 0, code: 0 } });
    expect(submits).toEqual({ password: 0, code: 0, username: 1, other: 0 });
    expect(asked).toEqual([{ channel: "email", expects: "link", siteMessage: sent }]);
  });

  test("is opened on allowed domains only", async () => {
    const { result, requests } = await signIn({
      routes: linkSite(onlyAddress),
      answers: [(site) => `http://elsewhere.localhost:${new URL(site.origin).port}/enter?token=k3y-of-9f31`],
      has: { password: false },
    });
    expect(result).toMatchObject({ status: "failed", failure: { code: "origin_not_allowed" } });
    expect(requests.filter((request) => request.includes("/enter"))).toEqual([]);
  });

  test("confirms a new device after the password", async () => {
    const routes: Routes = {
      ...linkSite(onlyAddress),
      "GET /login": () => ({ html: passwordPage }),
      "POST /login": (visit, site) => {
        site.takePassword(visit);
        return {
          html: page(
            "New device",
            `<h1>New device</h1><p>Confirm this sign-in from the e-mail we sent you: click the link in the e-mail.</p>`,
          ),
        };
      },
    };
    const { result, submits } = await signIn({ routes, answers: [right] });
    expect(result.status).toBe("signed_in");
    expect(submits).toMatchObject({ password: 1, code: 0, other: 0 });
  });
});

describe("an approval on another device", () => {
  /** The page asks its server every moment whether somebody approved, and goes on then. */
  const approvalSite = (isApproved: () => boolean): Routes => ({
    "GET /login": () => ({ html: passwordPage }),
    "POST /login": (visit, site) => {
      site.takePassword(visit);
      return {
        html: page(
          "Approve",
          `<h1>Approve sign-in request</h1><p>We sent a notification to your phone. Approve the sign-in request on your phone.</p>
          <script>setInterval(async () => { if ((await fetch("/approved")).ok) location = "/home"; }, 150)</script>`,
        ),
      };
    },
    "GET /approved": ({ session }) => {
      if (!isApproved()) return { status: 404, json: {} };
      session.user = ada.username;
      return { json: {} };
    },
  });

  test("is waited for: the page goes on by itself", async () => {
    let approved = false;
    const requests: OutOfBandRequest[] = [];
    let stopped = false;
    await using site = await startLoginSite(approvalSite(() => approved));
    await using attempt = await attemptLogin({
      browser,
      sourceUrl: `${site.origin}/home`,
      totpSecret: null,
      outOfBand: (request, signal) => {
        requests.push(request);
        approved = true;
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            stopped = true;
            reject(signal.reason as Error);
          });
        });
      },
    });
    expect(attempt.result).toMatchObject({ status: "signed_in", submits: { password: 1, code: 0 } });
    expect(requests[0]).toMatchObject({ channel: "push", expects: "link" });
    expect(stopped).toBe(true);
  });

  test("ends the login where nobody may be waited for", async () => {
    await using site = await startLoginSite(approvalSite(() => false));
    await using attempt = await attemptLogin({ browser, sourceUrl: `${site.origin}/home`, totpSecret: null });
    expect(attempt.result).toMatchObject({
      status: "failed",
      failure: { code: "one_time_code_required" },
      siteMessage: expect.stringContaining("phone"),
    });
  });
});

test("no context is left behind", () => {
  expect(browser.contexts()).toEqual([]);
});

describe("what sites say of it is read in our languages", () => {
  const said: [Concept, string][] = [
    ["sentLink", "We've emailed you a magic link."],
    ["sentLink", "Check your email to continue"],
    ["sentLink", "Wir haben Ihnen einen Link zur Anmeldung an a***@example.test gesendet."],
    ["sentLink", "Nous vous avons envoyé un lien de connexion."],
    ["sentLink", "Te hemos enviado un enlace para iniciar sesión"],
    ["sentLink", "Enviamos um link de acesso para o seu e-mail"],
    ["sentLink", "ログイン用のリンクを送信しました"],
    ["sentLink", "登录链接已发送到您的邮箱"],
    ["sendCode", "Text me a code"],
    ["sendCode", "Send sign in code"],
    ["sendCode", "Email me a login link"],
    ["sendCode", "Code per E-Mail senden"],
    ["sendCode", "Recevoir un code par SMS"],
    ["sendCode", "Enviar código por SMS"],
    ["sendCode", "Receber código por e-mail"],
    ["sendCode", "コードを送信"],
    ["sendCode", "获取验证码"],
    ["approve", "Approve the sign-in request in your authenticator app"],
    ["approve", "Check your phone and tap Yes on the prompt"],
    ["approve", "Bestätigen Sie die Anmeldung auf Ihrem Smartphone"],
    ["approve", "Approuvez la demande sur votre téléphone"],
    ["approve", "Aprueba la solicitud en tu teléfono"],
    ["approve", "Aprove a solicitação no seu celular"],
    ["approve", "スマートフォンで承認してください"],
    ["approve", "请在您的手机上确认登录"],
  ];
  test.each(said)("%s: %s", (concept, text) => {
    expect(speaksOf(text, concept)).toBe(true);
  });

  test.each([
    "Please check your details and try again.",
    "Forgot your password?",
    "Sign in with your e-mail address",
    "Open the app",
    "Your order was sent",
  ])("and this is not taken for it: %s", (text) => {
    expect(speaksOf(text, "sentLink", "approve", "sendCode")).toBe(false);
  });
});

test("the page a signed-in user lands on says nothing of codes", () => {
  expect(speaksOf(home("ada"), "sentLink", "approve")).toBe(false);
});
