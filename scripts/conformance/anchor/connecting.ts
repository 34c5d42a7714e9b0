import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import Anchorbrowser from "anchorbrowser";
import { applicationFields as full } from "./applications.ts";
import { type AnchorCheck, expectAnswer, expectRefusal, nowhere } from "./ground.ts";

const flow = [
  "id",
  "name",
  "description",
  "is_recommended",
  "methods",
  "custom_fields",
  "created_at",
  "updated_at",
];

export function connectingChecks(): AnchorCheck[] {
  // Its own at each run: the server may have kept those of the last.
  const host = `${randomUUID().slice(0, 8)}.larch.example`;
  let id = "";
  return [
    {
      name: "applications.authFlows: a new application has the standard one; create, list, PATCH, delete",
      async run(ground) {
        const client = ground.client();
        id = (await client.applications.create({ source: host })).id ?? "";
        const { auth_flows: first = [] } = await client.applications.authFlows.list(id);
        assert.deepEqual(
          first.map(({ name, is_recommended }) => [name, is_recommended]),
          [["Standard authentication", true]],
        );
        const made = await client.applications.authFlows.create(id, {
          name: "With a PIN",
          methods: ["username_password", "custom"],
          custom_fields: [{ name: "pin" }],
        });
        expectAnswer(ground, 201, flow);
        assert.deepEqual(
          [made.description, made.is_recommended, made.custom_fields],
          [null, false, [{ name: "pin" }]],
        );
        const { auth_flows: both = [] } = await client.applications.authFlows.list(id);
        expectAnswer(ground, 200, ["auth_flows"]);
        assert.equal(both.length, 2);
        const path = `/v1/applications/${id}/auth-flows/${made.id}`;
        const patched = await client.patch<typeof made>(path, { body: { is_recommended: true } });
        expectAnswer(ground, 200, flow);
        assert.deepEqual([patched.name, patched.is_recommended], ["With a PIN", true]);
        assert.deepEqual((await client.applications.retrieve(id)).auth_methods, [
          "custom",
          "username_password",
        ]);
        await client.applications.authFlows.delete(made.id ?? "", { application_id: id });
        assert.deepEqual(expectAnswer(ground, 200, ["success"]), { success: true });
        await expectRefusal(
          ground,
          client.applications.authFlows.delete(made.id ?? "", { application_id: id }),
          { status: 404, is: Anchorbrowser.NotFoundError },
        );
        for (const body of [{ name: "x" }, { name: "x", methods: [] }, { methods: ["custom"] }])
          await expectRefusal(ground, client.post(`/v1/applications/${id}/auth-flows`, { body }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
      },
    },
    {
      name: "applications.createIdentityToken answers in both shapes, for https callbacks only",
      async run(ground) {
        const client = ground.client();
        const callbackUrl = "https://app.example/back?to=me";
        const answer = await client.applications.createIdentityToken(id, { callbackUrl });
        const { data: typed = {} } = answer;
        const body = expectAnswer(ground, 201, ["data", "token", "expires_at", "token_hash", "tokenHash"]);
        const hash = createHash("sha256")
          .update(typed.token ?? "")
          .digest("hex");
        assert.equal(body["token"], typed.token);
        assert.deepEqual([typed.token_hash, body["token_hash"], body["tokenHash"]], [hash, hash, hash]);
        const minutes = (Date.parse(typed.expires_at ?? "") - Date.now()) / 60_000;
        assert(minutes > 14 && minutes < 15.1, `good for ${minutes} minutes`);
        await client.applications.createIdentityToken(id, { callbackUrl: "http://localhost:3000/back" });
        for (const refused of ["http://app.example/back", "nothing", "javascript:alert(1)", ""])
          await expectRefusal(ground, client.applications.createIdentityToken(id, { callbackUrl: refused }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
        await expectRefusal(ground, client.applications.createIdentityToken(nowhere, { callbackUrl }), {
          status: 404,
          is: Anchorbrowser.NotFoundError,
        });
      },
    },
    {
      name: "PATCH applications/{id} changes what is given; listed callbacks are then the only ones a token may have",
      async run(ground) {
        const client = ground.client();
        const callbackUrl = "https://app.example/listed";
        const body = {
          description: "changed",
          callback_urls: [callbackUrl],
          allowed_domains: [host, "sso.example"],
        };
        await client.patch(`/v1/applications/${id}`, { body });
        const shown = expectAnswer(ground, 200, [...full, "callback_urls", "frame_origins", "has_icon"]);
        assert.deepEqual(
          [shown["name"], shown["description"], shown["callback_urls"], shown["allowed_domains"]],
          [host, "changed", [callbackUrl], [host, "sso.example"]],
        );
        await client.applications.createIdentityToken(id, { callbackUrl });
        const expected = { status: 400, is: Anchorbrowser.BadRequestError };
        for (const other of [`${callbackUrl}/`, `${callbackUrl}?x=1`, "http://localhost/listed"])
          await expectRefusal(
            ground,
            client.applications.createIdentityToken(id, { callbackUrl: other }),
            expected,
          );
        for (const wrong of [
          { callback_urls: ["http://app.example/"] },
          { frame_origins: ["https://app.example/path"] },
          { icon: "https://app.example/icon.png" },
        ])
          await expectRefusal(ground, client.patch(`/v1/applications/${id}`, { body: wrong }), expected);
        await client.applications.delete(id);
      },
    },
  ];
}
