import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { createGivenCredentials } from "../../src/login/given-credentials.ts";
import type { LoginResult } from "../../src/login/login.ts";
import { createRedactor } from "../../src/redact.ts";
import { Secret } from "../../src/secret.ts";
import { attemptLogin } from "./login-attempt.ts";
import { home, page } from "./login-site.ts";
import { base32, totpCode } from "./totp.ts";

const periodMs = 30_000;

interface User {
  name: string;
  password: string;
  key: Buffer;
  /** How far the clock that its codes are checked by, and its `Date` header tells, is ahead of ours. */
  offsetMs: number;
  passwordTaken: boolean;
  signedIn: boolean;
}

/** A site whose clock is off, for each user by as much as the test says; it takes the code of the present step alone. */
export interface ClockSite extends AsyncDisposable {
  /** Codes that came in, and those that were not of the present step. */
  readonly codes: { taken: number; refused: number };
  /** Signs a new user in, whose site's clock is so far ahead. */
  signIn(browser: Browser, offsetMs: number): Promise<LoginResult>;
}

export async function startClockSite(): Promise<ClockSite> {
  const users = new Map<string, User>();
  const codes = { taken: 0, refused: 0 };

  const server = createServer((request, response) => {
    void (async () => {
      const [, name = "", action = ""] = (request.url ?? "").split("/");
      const user = users.get(name);
      if (user === undefined) return response.writeHead(404).end();
      const time = () => Date.now() + user.offsetMs;
      const form = await readForm(request);
      if (action === "password") user.passwordTaken = form.get("password") === user.password;
      if (action === "code") {
        const step = Math.floor(time() / periodMs);
        user.signedIn = user.passwordTaken && form.get("code") === totpCode({ key: user.key, step });
        codes[user.signedIn ? "taken" : "refused"] += 1;
      }
      response.setHeader("date", new Date(time()).toUTCString());
      if (request.method === "POST") return response.writeHead(303, { location: `/${name}/` }).end();
      response.setHeader("content-type", "text/html; charset=utf-8");
      return response.end(pageFor(user));
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    codes,
    async signIn(browser, offsetMs) {
      const user: User = {
        name: `user${users.size}`,
        password: base32(randomBytes(15)),
        key: randomBytes(20),
        offsetMs,
        passwordTaken: false,
        signedIn: false,
      };
      users.set(user.name, user);
      const credentials = createGivenCredentials(
        {
          username: new Secret(user.name),
          password: new Secret(user.password),
          authenticator: {
            secret: new Secret(base32(user.key)),
            algorithm: "sha1",
            digits: 6,
            periodSeconds: periodMs / 1_000,
          },
        },
        createRedactor(),
      );
      await using attempt = await attemptLogin({
        browser,
        sourceUrl: `${origin}/${user.name}/`,
        credentials,
      });
      return attempt.result;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function pageFor({ name, passwordTaken, signedIn }: User): string {
  if (signedIn) return home(name);
  return passwordTaken
    ? page(
        "Second step",
        `<h1>Second step</h1><form method="post" action="/${name}/code"><label>One-time code <input name="code" autocomplete="one-time-code"></label><button>Continue</button></form>`,
      )
    : page(
        "Sign in",
        `<h1>Sign in</h1><form method="post" action="/${name}/password"><label>User name <input name="username"></label><label>Password <input name="password" type="password"></label><button>Sign in</button></form>`,
      );
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
