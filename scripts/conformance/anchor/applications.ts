import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, expectAnswer, expectRefusal, isTime, uuid } from "./ground.ts";

const brief = ["id", "name", "url", "description", "created_at"];
export const applicationFields = [
  ...brief,
  "identity_count",
  "auth_methods",
  "updated_at",
  "allowed_domains",
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
        const body = expectAnswer(ground, 200, applicationFields);
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
