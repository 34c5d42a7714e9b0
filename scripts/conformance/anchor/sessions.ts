import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import Anchorbrowser from "anchorbrowser";
import {
  type AnchorCheck,
  type AnchorGround,
  expectAnswer,
  expectData,
  expectRefusal,
  isTime,
  nowhere,
  uuid,
} from "./ground.ts";
import { credentialsOf } from "./identities.ts";

type Browser = Awaited<ReturnType<Anchorbrowser["browser"]["connect"]>>;
type Create = Anchorbrowser.SessionCreateParams;

/** What scripts of Anchor's users begin with. */
function firstPage(browser: Browser) {
  const page = browser.contexts()[0]?.pages()[0];
  assert(page !== undefined, "there is no first page in the default context");
  return page;
}

async function create(ground: AnchorGround, params: Create | null = {}): Promise<string> {
  const { data } = await ground.client().sessions.create(params);
  return data?.id ?? "";
}

/** An identity of the site's user that was signed in. */
async function addIdentity(ground: AnchorGround): Promise<string> {
  const { id = "", status } = await ground.client().identities.create({
    source: `${ground.site.url}/`,
    credentials: credentialsOf(ground),
    validateAsync: false,
  });
  assert.equal(status, "validated");
  return id;
}

const recommended = {
  session: { proxy: { active: true } },
  browser: { captcha_solver: { active: true }, extra_stealth: { active: true } },
} as const;

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
        session = await create(ground, {
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
      name: "sessions.goto, keyboard, mouse, scroll and dragAndDrop drive the page; retrieveScreenshot shows it",
      async run(ground) {
        const client = ground.client();
        await client.sessions.goto(session, { url: `${ground.site.url}/account/password` });
        expectAnswer(ground, 200, ["status"]);
        const browser = await client.browser.connect(session);
        const page = firstPage(browser);
        const lines = "<p>a line</p>".repeat(200);
        await page.setContent(`<input id=first><input type=checkbox>${lines}`);
        await client.sessions.mouse.click(session, { selector: "#first" });
        await client.sessions.keyboard.type(session, { text: "typéd 🦊" });
        assert.equal(await page.locator("#first").inputValue(), "typéd 🦊");
        await client.sessions.keyboard.shortcut(session, { keys: ["Control", "a"] });
        await client.sessions.keyboard.shortcut(session, { keys: ["Shift", "x"] });
        assert.equal(await page.locator("#first").inputValue(), "X");
        const box = await page.getByRole("checkbox").boundingBox();
        assert(box !== null);
        const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        await client.sessions.mouse.move(session, at);
        await client.sessions.mouse.click(session, at);
        assert(await page.getByRole("checkbox").isChecked());
        await client.sessions.mouse.doubleClick(session, at);
        assert(await page.getByRole("checkbox").isChecked());
        await client.sessions.dragAndDrop(session, { startX: 10, startY: 10, endX: 90, endY: 60 });
        await client.sessions.scroll(session, { x: 100, y: 100, deltaY: 400, steps: 2 });
        expectAnswer(ground, 200, ["status"]);
        await page.waitForFunction(() => window.scrollY > 100, undefined, { timeout: 5_000 });
        await browser.close();
        const picture = await client.sessions.retrieveScreenshot(session);
        const bytes = Buffer.from(await picture.arrayBuffer());
        assert.equal(bytes.subarray(1, 4).toString(), "PNG");
        assert.match(picture.headers.get("content-type") ?? "", /^image\/png/);
        for (const url of ["file:///etc/passwd", "nothing", "javascript:1"])
          await expectRefusal(ground, client.sessions.goto(session, { url }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
      },
    },
    {
      name: "sessions.uploadFile and agent.files.upload hand a file over; retrieveDownloads lists what was downloaded",
      async run(ground) {
        const client = ground.client();
        const file = new File(["uploaded text"], "note.txt", { type: "text/plain" });
        await client.sessions.uploadFile(session, { file });
        expectData(ground, ["status", "message"]);
        await client.sessions.agent.files.upload(session, { file });
        const browser = await client.browser.connect(session);
        const page = firstPage(browser);
        await page.setContent(
          "<input type=file><a download='kept.txt' href='data:text/plain,downloaded'>get</a>",
        );
        const cdp = await page.context().newCDPSession(page);
        const { root } = await cdp.send("DOM.getDocument");
        const { nodeId } = await cdp.send("DOM.querySelector", { nodeId: root.nodeId, selector: "input" });
        await cdp.send("DOM.setFileInputFiles", { nodeId, files: ["note.txt"] });
        const text = await page.evaluate(() => document.querySelector("input")?.files?.[0]?.text());
        assert.equal(text, "uploaded text");
        const downloading = page.waitForEvent("download");
        await page.getByText("get").click();
        await downloading;
        await browser.close();
        const { items = [] } = await until(async () => {
          const { data } = await client.sessions.retrieveDownloads(session);
          return data?.count === 1 ? data : undefined;
        });
        expectData(ground, ["count", "items"]);
        assert.equal(items[0]?.suggested_file_name, "kept.txt");
        assert.equal(await (await fetch(items[0]?.file_link ?? "")).text(), "downloaded");
        await client.sessions.recordings.list(session);
        expectData(ground, ["count", "items"]);
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
        const id = await create(ground, { identities: [{ id: identity }, { id: second }] });
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
        const id = await create(ground, {
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
    {
      name: "sessions.create refuses: 404 for unknown identities, 422 where the site does, 400 for what makes no sense",
      async run(ground) {
        const client = ground.client();
        for (const id of [nowhere, "no-uuid"])
          await expectRefusal(ground, client.sessions.create({ identities: [{ id }] }), {
            status: 404,
            is: Anchorbrowser.NotFoundError,
          });
        const wrong = await client.identities.create({
          source: `${ground.site.url}/`,
          credentials: [
            { type: "username_password", username: "nobody@larch.example", password: "not the password" },
          ],
          validateAsync: false,
        });
        for (let count = 0; count < 2; count += 1) {
          const message = await expectRefusal(
            ground,
            client.sessions.create({ identities: [{ id: wrong.id ?? "" }] }),
            { status: 422, is: Anchorbrowser.UnprocessableEntityError },
          );
          assert.match(message, /authentication failed/);
        }
        await client.identities.delete(wrong.id ?? "");
        const calls = [
          { browser: { captcha_solver: { active: true } } },
          { session: { timeout: { max_duration: 0 } } },
          { session: { initial_url: "file:///etc/passwd" } },
          { browser: { viewport: { width: "wide" } } },
          { identities: identity },
        ];
        for (const body of calls)
          await expectRefusal(ground, client.post("/v1/sessions", { body }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
      },
    },
    {
      name: "503 where the site cannot be asked: InternalServerError, which may be tried again",
      async run(ground) {
        const client = ground.client();
        const { id = "" } = await client.identities.create({
          source: "http://127.0.0.1:1/",
          credentials: [{ type: "username_password", username: "u", password: "p" }],
          validateAsync: false,
        });
        await expectRefusal(ground, client.sessions.create({ identities: [{ id }] }), {
          status: 503,
          is: Anchorbrowser.InternalServerError,
        });
        assert.equal(ground.last().headers.get("x-should-retry"), "true");
        await client.identities.delete(id);
      },
    },
    {
      name: "sessions nobody made, or of another project, are not found, over HTTP and over WebSocket",
      async run(ground) {
        const client = ground.client();
        const id = await create(ground);
        const expected = { status: 404, is: Anchorbrowser.NotFoundError };
        const strangers = ground.strangerKey === undefined ? [] : [ground.client(ground.strangerKey)];
        for (const [who, which] of [
          [client, nowhere] as const,
          [client, "no-uuid"] as const,
          ...strangers.map((stranger) => [stranger, id] as const),
        ]) {
          await expectRefusal(ground, who.sessions.retrieve(which), expected);
          await expectRefusal(ground, who.sessions.delete(which), expected);
          await expectRefusal(ground, who.sessions.retrieveDownloads(which), expected);
          await expectRefusal(ground, who.sessions.goto(which, { url: ground.site.url }), expected);
          await expectRefusal(ground, who.get(`/v1/sessions/${which}/auth-status`), expected);
          await assert.rejects(who.browser.connect(which), /404/);
        }
        await assert.rejects(ground.client("lk_no_good").browser.connect(id), /401/);
        await client.sessions.delete(id);
      },
    },
    {
      name: "profiles: made, filled by a session that persists, used by the next, listed and deleted",
      async run(ground) {
        const client = ground.client();
        const name = `profile ${randomUUID().slice(0, 8)}`;
        await client.profiles.create({ name, description: "by hand" });
        assert.deepEqual(expectData(ground, ["status"]), { status: "success" });
        await expectRefusal(ground, client.profiles.create({ name }), {
          status: 409,
          is: Anchorbrowser.ConflictError,
        });
        const first = await create(ground, { browser: { profile: { name, persist: true } } });
        const browser = await client.browser.connect(first);
        const page = firstPage(browser);
        await page.goto(`${ground.site.url}/login`);
        await page.evaluate(() => localStorage.setItem("profile", "kept"));
        await browser.close();
        await client.sessions.delete(first);
        const item = ["name", "description", "source", "session_id", "status", "created_at"];
        await client.profiles.retrieve(name);
        assert.equal(expectData(ground, item)["status"], "ready");
        const second = await create(ground, {
          browser: { profile: { name } },
          session: { initial_url: `${ground.site.url}/login` },
        });
        const again = await client.browser.connect(second);
        assert.equal(await firstPage(again).evaluate(() => localStorage.getItem("profile")), "kept");
        await again.close();
        await client.sessions.delete(second);
        const { data } = await client.profiles.list();
        assert((data?.items ?? []).some((each) => each.name === name));
        await client.profiles.delete(name);
        for (const call of [() => client.profiles.retrieve(name), () => client.profiles.delete(name)])
          await expectRefusal(ground, call(), { status: 404, is: Anchorbrowser.NotFoundError });
        const body = { name, source: "session" as const };
        await expectRefusal(ground, client.profiles.create(body), {
          status: 400,
          is: Anchorbrowser.BadRequestError,
        });
        await expectRefusal(ground, client.profiles.create({ ...body, session_id: nowhere }), {
          status: 404,
          is: Anchorbrowser.NotFoundError,
        });
      },
    },
  ];
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert(Date.now() < deadline, "it did not come about within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
