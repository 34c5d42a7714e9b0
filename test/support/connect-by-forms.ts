import assert from "node:assert/strict";
import type { Parts } from "../../src/parts.ts";
import { addApplication, csrfIn, makeToken, stateIn } from "./connect.ts";

/**
 * Connects an account at a server's connect page by its forms alone: refused with a wrong password, then right, with a
 * code. Gives what the visitor was handed out; no page may hold one of the secrets.
 */
export async function connectByForms({
  parts,
  url,
  siteUrl,
  credentials: { username, password, wrongPassword },
  code,
}: {
  parts: Parts;
  url: string;
  siteUrl: string;
  credentials: { username: string; password: string; wrongPassword: string };
  code: () => Promise<string>;
}): Promise<Record<string, string>> {
  const application = await addApplication(parts, { url: `${siteUrl}/` });
  const token = await makeToken(parts, application.id);
  const opened = await fetch(`${url}/identity/create?token=${token}`, { redirect: "manual" });
  const path = opened.headers.get("location") ?? "";
  const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
  const secrets = { connectToken: token, connectVisit: cookie.split("=")[1] ?? "" };

  const page = async (): Promise<string> => {
    const text = await (await fetch(`${url}${path}`, { headers: { cookie } })).text();
    for (const secret of [password, wrongPassword, ...Object.values(secrets)]) assert(!text.includes(secret));
    return text;
  };
  const until = async (...states: string[]): Promise<string> => {
    for (const deadline = Date.now() + 40_000; ; ) {
      const state = stateIn(await page());
      if (states.includes(state)) return state;
      assert(Date.now() < deadline, `still ${state}`);
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
  };
  const send = async (action: string, fields: Record<string, string>) => {
    const body = new URLSearchParams({ csrf: csrfIn(await page()), ...fields });
    await fetch(`${url}${path}/${action}`, { method: "POST", headers: { cookie }, body, redirect: "manual" });
  };
  await send("credentials", { username, password: wrongPassword });
  await until("refused");
  await send("credentials", { username, password });
  await until("code");
  await send("code", { code: await code() });
  assert.equal(await until("done", "refused"), "done");
  return secrets;
}
