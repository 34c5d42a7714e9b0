import assert from "node:assert/strict";
import type { KratosGround } from "./ground.ts";

/** How long a login may take, in milliseconds. */
const mostMs = 60_000;

/** Somebody who opened a link to the connect page, and has a browser without scripts. */
export interface Visitor {
  page(): Promise<string>;
  /** Sends a form of the page. */
  send(action: string, fields: Record<string, string>): Promise<void>;
  /** Looks at the page until it has come to this. */
  until(state: string): Promise<void>;
}

export async function openLink({ url }: Pick<KratosGround, "url">, link: string): Promise<Visitor> {
  const { pathname, search } = new URL(link);
  const opened = await fetch(`${url}${pathname}${search}`, { redirect: "manual" });
  assert.equal(opened.status, 303);
  const [cookie = ""] = (opened.headers.get("set-cookie") ?? "").split(";");
  const { href } = new URL(opened.headers.get("location") ?? "", url);

  const page = async () => {
    const response = await fetch(href, { headers: { cookie } });
    assert.equal(response.status, 200);
    return await response.text();
  };
  return {
    page,
    async send(action, fields) {
      const csrf = /name="csrf" value="(?<csrf>[^"]*)"/.exec(await page())?.groups?.["csrf"] ?? "";
      const body = new URLSearchParams({ csrf, ...fields });
      await fetch(`${href}/${action}`, { method: "POST", headers: { cookie }, body, redirect: "manual" });
    },
    async until(state) {
      for (const deadline = Date.now() + mostMs; ; ) {
        const now = /<body[^>]* data-state="(?<state>[^"]*)"/.exec(await page())?.groups?.["state"];
        if (now === state) return;
        assert(now !== "refused" && Date.now() < deadline, `the page came to ${now}`);
        await new Promise((resolve) => {
          setTimeout(resolve, 200);
        });
      }
    },
  };
}
