import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, expectAnswer, expectData, expectRefusal, isTime, uuid } from "./ground.ts";
import { credentialsOf } from "./identities.ts";
import { addIdentity, createSession, firstPage, recommended } from "./session-tools.ts";

export function sessionChecks(): AnchorCheck[] {
  let identity = "";
  let session = "";
  const tag = `conformance-${randomUUID()}`;
  return [
    {
      name: "sessions.create takes no body, and answers 200 with an id and two addresses",
      async run(ground) {
        const client = ground.client();
        const { data } = await client.sessions.create(null);
        // The published example reads the id at the top.
        const { data: shown, id } = expectAnswer(ground, 200, ["data", "id"]) as {
          data: Record<string, unknown>;
          id: string;
        };
        assert.deepEqual(Object.keys(shown).toSorted(), ["cdp_url", "id", "live_view_url"]);
        assert.equal(id, data?.id);
        assert.match(data?.id ?? "", uuid);
        const cdp = new URL(String(shown["cdp_url"]));
        assert.deepEqual(
          [cdp.protocol, cdp.host, cdp.pathname, cdp.searchParams.get("sessionId")],
          ["ws:", new URL(ground.url).host, "/", data?.id],
        );
        assert(!cdp.href.includes(ground.key), "the API key is in the address");
        assert.match(cdp.searchParams.get("apiKey") ?? "", /^[\w-]+$/);
        assert.match(String(shown["live_view_url"]), new RegExp(`/live/${data?.id}\\?token=[\\w-]+$`));
        await client.sessions.delete(data?.id ?? "");
        assert.deepEqual(expectData(ground, ["status"]), { status: "success" });
      },
    },
    {
      name: "sessions.create with an identity is signed in; browser.connect comes to one page in the default context",
      async run(ground) {
        identity = await addIdentity(ground);
        const client = ground.client();
        session = await createSession(ground, {
          ...recommended,
          identities: [{ id: identity }],
          session: { ...recommended.session, tags: [tag], recording: { active: false } },
          ...({ surprise: { deep: true } } as object),
        });
        const browser = await client.browser.connect(session);
        const page = firstPage(browser);
        await page.goto(`${ground.site.url}/`);
        await page.getByRole("button", { name: "Sign out", exact: true }).waitFor({ timeout: 10_000 });
        await page.evaluate(() => localStorage.setItem("kept", "yes"));
        await browser.close();
      },
    },
    {
      name: "the session outlives a disconnect: the same page is there by browser.connect, and by cdp_url",
      async run(ground) {
        const browser = await ground.client().browser.connect(session);
        const page = firstPage(browser);
        assert.equal(page.url(), `${ground.site.url}/`);
        assert.equal(await page.evaluate(() => localStorage.getItem("kept")), "yes");
        await browser.close();
      },
    },
    {
      name: "sessions.retrieve answers all fields, with what was asked for",
      async run(ground) {
        const { data } = await ground.client().sessions.retrieve(session);
        expectData(ground, [
          "session_id",
          "team_id",
          "status",
          "duration",
          "credits_used",
          "configuration",
          "playground",
          "proxy_bytes",
          "tokens",
          "steps",
          "tags",
          "created_at",
        ]);
        assert.deepEqual([data?.session_id, data?.status, data?.tags], [session, "running", [tag]]);
        assert.partialDeepStrictEqual(data?.configuration, { browser: { extra_stealth: { active: true } } });
        assert(isTime(data?.created_at));
      },
    },
    {
      name: "sessions.all.status and GET sessions list it, by tag and page by page",
      async run(ground) {
        const client = ground.client();
        const { data } = await client.sessions.all.status({ query: { tags: tag } });
        expectData(ground, ["count", "items"]);
        assert.deepEqual([data?.count, data?.items?.[0]?.session_id], [1, session]);
        const page = await client.get<{ data: { sessions: { id: string }[]; total: number } }>(
          "/v1/sessions",
          { query: { tags: tag, sort_order: "desc", limit: 10, page: 1 } },
        );
        expectData(ground, ["sessions", "total", "page", "total_pages"]);
        assert.deepEqual([page.data.total, page.data.sessions[0]?.id], [1, session]);
        const none = await client.get<typeof page>("/v1/sessions", {
          query: { tags: tag, status: "failed" },
        });
        assert.equal(none.data.total, 0);
      },
    },
    {
      name: "GET sessions/{id}/auth-status tells of each identity, GET …/pages of each page",
      async run(ground) {
        const client = ground.client();
        const { data } = await client.get<{ data: { status: string; tasks: object[] } }>(
          `/v1/sessions/${session}/auth-status`,
        );
        assert.equal(data.status, "authenticated");
        assert.partialDeepStrictEqual(data.tasks, [
          { identity_id: identity, status: "authenticated", error: null },
        ]);
        const pages = await client.get<{ url: string }[]>(`/v1/sessions/${session}/pages`);
        assert.deepEqual(
          pages.map(({ url }) => url),
          [`${ground.site.url}/`],
        );
      },
    },
    {
      name: "sessions.delete ends it, again too; then it is completed and nobody is let in",
      async run(ground) {
        const client = ground.client();
        await client.sessions.delete(session);
        await client.sessions.delete(session);
        assert.deepEqual(expectData(ground, ["status"]), { status: "success" });
        assert.equal((await client.sessions.retrieve(session)).data?.status, "completed");
        await assert.rejects(client.browser.connect(session), /410/);
        await expectRefusal(ground, client.sessions.goto(session, { url: ground.site.url }), {
          status: 410,
          is: Anchorbrowser.APIError,
        });
      },
    },
    {
      name: "browser.create is a session and a connection in one; a second one is signed in by the saved state",
      async run(ground) {
        const client = ground.client();
        const before = ground.site.counters.logins;
        const browser = await client.browser.create({ sessionOptions: { identities: [{ id: identity }] } });
        const page = firstPage(browser);
        await page.goto(`${ground.site.url}/`);
        await page.getByRole("button", { name: "Sign out", exact: true }).waitFor({ timeout: 10_000 });
        assert.equal(ground.site.counters.logins, before);
        await browser.close();
        await client.sessions.all.delete();
        assert.deepEqual(expectData(ground, ["status"]), { status: "success" });
        assert.equal((await client.sessions.all.status()).data?.count, 0);
      },
    },
    {
      name: "sessions.create with several identities is signed in as each of them, in the one default context",
      async run(ground) {
        const client = ground.client();
        // The same machine by another name is another site.
        const elsewhere = ground.site.url.replace("127.0.0.1", "localhost");
        const { id: second = "" } = await client.identities.create({
          source: `${elsewhere}/`,
          credentials: credentialsOf({ user: ground.other }),
          validateAsync: false,
        });
        const id = await createSession(ground, { identities: [{ id: identity }, { id: second }] });
        const browser = await client.browser.connect(id);
        const page = firstPage(browser);
        for (const [url, user] of [
          [ground.site.url, ground.user],
          [elsewhere, ground.other],
        ] as const) {
          await page.goto(`${url}/`);
          await page.getByText(user.username).first().waitFor({ timeout: 10_000 });
        }
        await browser.close();
        await client.sessions.delete(id);
        const { id: third = "" } = await client.identities.create({
          source: `${elsewhere}/login`,
          credentials: [],
        });
        await expectRefusal(ground, client.sessions.create({ identities: [{ id: second }, { id: third }] }), {
          status: 400,
          is: Anchorbrowser.BadRequestError,
        });
        for (const made of [second, third]) await client.identities.delete(made);
      },
    },
    {
      name: "sessions.create takes identities below browser too, times, a window's size, and -1 for no limit",
      async run(ground) {
        const id = await createSession(ground, {
          browser: {
            viewport: { width: 900, height: 700 },
            ...({ identities: [{ id: identity }] } as object),
          },
          session: {
            initial_url: `${ground.site.url}/`,
            timeout: { idle_timeout: -1, max_duration: 2 },
            live_view: { read_only: true },
          },
        });
        const browser = await ground.client().browser.connect(id);
        const page = firstPage(browser);
        assert.equal(page.url(), `${ground.site.url}/`);
        assert.equal(await page.evaluate(() => window.innerWidth), 900);
        await browser.close();
        await ground.client().sessions.delete(id);
      },
    },
  ];
}
