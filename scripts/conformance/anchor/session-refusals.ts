import assert from "node:assert/strict";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, expectRefusal, nowhere } from "./ground.ts";
import { createSession } from "./session-tools.ts";

export function sessionRefusalChecks(): AnchorCheck[] {
  return [
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
          { identities: nowhere },
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
        const id = await createSession(ground);
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
  ];
}
