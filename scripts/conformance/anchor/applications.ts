import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, expectAnswer, expectRefusal, isTime, nowhere, uuid } from "./ground.ts";

const brief = ["id", "name", "url", "description", "created_at"];
const full = [...brief, "identity_count", "auth_methods", "updated_at", "allowed_domains"];
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

export function applicationChecks(): AnchorCheck[] {
  // Its own at each run: the server may have kept those of the last.
  const host = `${randomUUID().slice(0, 8)}.larch.example`;
  let id = "";
  return [
    {
      name: "applications.create takes a bare host, answers 201",
      async run(ground) {
        const made = await ground.client().applications.create({ source: host, description: "a site" });
        expectAnswer(ground, 201, brief);
        assert.match(made.id ?? "", uuid);
        assert.deepEqual([made.name, made.url, made.description], [host, `https://${host}`, "a site"]);
        id = made.id ?? "";
      },
    },
    {
      name: "applications.retrieve answers all fields, flat",
      async run(ground) {
        const application = await ground.client().applications.retrieve(id);
        const body = expectAnswer(ground, 200, full);
        assert.deepEqual([application.identity_count, body["allowed_domains"]], [0, [host]]);
        assert.deepEqual(application.auth_methods, ["username_password"]);
        assert(isTime(application.created_at) && isTime(application.updated_at));
      },
    },
    {
      name: "applications.list searches name and URL, whatever the case",
      async run(ground) {
        const client = ground.client();
        const named = await client.applications.create({
          source: `https://${host}/x`,
          name: `Larch ${host}`,
        });
        for (const [search, expected] of [
          [host.toUpperCase(), [named.id, id].length],
          [`larch ${host}`, 1],
          ["nothing has this in its name", 0],
        ] as const) {
          const { applications = [] } = await client.applications.list({ search });
          expectAnswer(ground, 200, ["applications"]);
          assert.equal(applications.length, expected, search);
        }
        const { applications = [] } = await client.applications.list();
        assert(applications.some((application) => application.id === id));
        await client.applications.delete(named.id ?? "");
      },
    },
    {
      name: "identities.create finds the application of its host, or makes the one it names",
      async run(ground) {
        const client = ground.client();
        for (const user of ["u1", "u2"])
          await client.identities.create({
            source: `https://${host}/login`,
            credentials: [],
            name: `Account ${user}`,
            metadata: { userId: user, plan: 3, deep: { er: true } },
          });
        assert.equal((await client.applications.retrieve(id)).identity_count, 2);
        const applicationName = `Named ${host}`;
        const { id: other = "" } = await client.identities.create({
          source: `https://${host}/login`,
          credentials: [],
          applicationName,
          applicationDescription: "by name",
        });
        const { applications = [] } = await client.applications.list({ search: applicationName });
        assert.deepEqual(
          applications.map(({ name, description, identity_count }) => [name, description, identity_count]),
          [[applicationName, "by name", 1]],
        );
        await client.identities.delete(other);
        await client.applications.delete(applications[0]?.id ?? "");
      },
    },
    {
      name: "applications.listIdentities searches names and filters by metadata, as JSON and as deepObject",
      async run(ground) {
        const client = ground.client();
        const path = `/v1/applications/${id}/identities`;
        type Page = Anchorbrowser.ApplicationListIdentitiesResponse;
        const names = ({ identities = [] }: Page) => identities.map(({ name }) => name);
        assert.deepEqual(names(await client.applications.listIdentities(id)), ["Account u1", "Account u2"]);
        const { identities } = expectAnswer(ground, 200, ["identities"]);
        const shown = ["id", "name", "auth_flow", "status", "created_at", "updated_at"];
        for (const each of identities as object[])
          assert.deepEqual(Object.keys(each).toSorted(), shown.toSorted());
        const list = (query: Anchorbrowser.ApplicationListIdentitiesParams) =>
          client.applications.listIdentities(id, query).then(names);
        assert.deepEqual(await list({ search: "UNT U2" }), ["Account u2"]);
        assert.deepEqual(await list({ metadata: JSON.stringify({ userId: "u1" }) }), ["Account u1"]);
        assert.deepEqual(await list({ metadata: JSON.stringify({ plan: "3" }) }), []);
        for (const [key, value, expected] of [
          ["metadata[userId]", "u2", ["Account u2"]],
          ["metadata[plan]", "3", ["Account u1", "Account u2"]],
          ["metadata[deep][er]", "true", ["Account u1", "Account u2"]],
          ["metadata[deep][er]", "false", []],
        ] as const)
          assert.deepEqual(names(await client.get<Page>(path, { query: { [key]: value } })), expected, key);
        for (const metadata of ["{", "[]", "7"])
          await expectRefusal(ground, client.applications.listIdentities(id, { metadata }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
      },
    },
    {
      name: "applications.authFlows: a new application has the standard one; create, list, PATCH, delete",
      async run(ground) {
        const client = ground.client();
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
      },
    },
    {
      name: "applications.delete is refused with 409 while identities belong to it, unless they are to go too",
      async run(ground) {
        const client = ground.client();
        await expectRefusal(ground, client.applications.delete(id), {
          status: 409,
          is: Anchorbrowser.ConflictError,
        });
        await client.applications.delete(id, { query: { cascade: true } });
        assert.deepEqual(expectAnswer(ground, 200, ["success"]), { success: true });
        const calls = [
          () => client.applications.retrieve(id),
          () => client.applications.delete(id),
          () => client.applications.listIdentities(id),
          () => client.applications.authFlows.list(id),
          () => client.applications.retrieve("no-uuid"),
        ];
        for (const call of calls)
          await expectRefusal(ground, call(), { status: 404, is: Anchorbrowser.NotFoundError });
      },
    },
    {
      name: "applications.create refuses what is no site, and a name that is taken",
      async run(ground) {
        const client = ground.client();
        const { id: first = "" } = await client.applications.create({ source: host, name: host });
        await expectRefusal(ground, client.applications.create({ source: host, name: host }), {
          status: 409,
          is: Anchorbrowser.ConflictError,
        });
        const second = await client.applications.create({ source: host });
        assert.equal(second.name, `${host} 2`);
        for (const source of ["", "ftp://x.example", "http://plain.example", "two words"])
          await expectRefusal(ground, client.applications.create({ source }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
        for (const made of [first, second.id ?? ""]) await client.applications.delete(made);
      },
    },
  ];
}
