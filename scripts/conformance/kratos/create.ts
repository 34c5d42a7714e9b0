import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  expectEnvelope,
  expectRefusal,
  freshEmail,
  generic,
  type KratosCheck,
  makeIdentity,
  time,
  uuid,
} from "./ground.ts";

const conflict = {
  status: 409,
  message: "The resource could not be created due to a conflict",
  reason: "This identity conflicts with another identity that already exists.",
};

export function createChecks(): KratosCheck[] {
  return [
    {
      name: "createIdentity answers 201 with Location and the whole identity; traits keep their case",
      async run(ground) {
        const email = `Ory-${randomUUID()}@Example.org`;
        const { status, data, headers } = await ground.api().createIdentity({
          createIdentityBody: { schema_id: "preset://email", traits: { email } },
        });
        assert.equal(status, 201);
        assert.equal(new URL(String(headers["location"])).pathname, `/admin/identities/${data.id}`);
        const { id, credentials, verifiable_addresses: verifiable, recovery_addresses: recovery } = data;
        assert.match(id, uuid);
        assert.deepEqual(data.traits, { email });
        assert.deepEqual([data.schema_id, data.state], ["preset://email", "active"]);
        assert.equal(new URL(data.schema_url).pathname, "/schemas/cHJlc2V0Oi8vZW1haWw");
        const value = email.toLowerCase();
        assert.partialDeepStrictEqual(verifiable, [
          { value, verified: false, via: "email", status: "pending" },
        ]);
        assert.partialDeepStrictEqual(recovery, [{ value, via: "email" }]);
        for (const at of [data.created_at, data.updated_at, data.state_changed_at])
          assert.match(at ?? "", time);
        assert.partialDeepStrictEqual(credentials?.["password"], {
          type: "password",
          identifiers: [value],
          version: 1,
        });
        assert.deepEqual([data.metadata_public, data.organization_id], [null, null]);
        assert(!("metadata_admin" in data) && !("external_id" in data));
      },
    },
    {
      name: "createIdentity keeps metadata, state, external id, and what is known of addresses",
      async run(ground) {
        const email = freshEmail();
        const external = randomUUID();
        const { data } = await ground.api().createIdentity({
          createIdentityBody: {
            schema_id: "preset://email",
            traits: { email, name: { first: "Ada", last: "Lovelace" } },
            metadata_public: { plan: "gold" },
            metadata_admin: { note: "à la carte" },
            state: "inactive",
            external_id: external,
            verifiable_addresses: [
              { value: email.toUpperCase(), via: "email", verified: true, status: "completed" },
            ],
            recovery_addresses: [{ id: randomUUID(), value: email, via: "email" }],
          },
        });
        assert.deepEqual(
          [data.metadata_public, data.metadata_admin, data.state, data.external_id],
          [{ plan: "gold" }, { note: "à la carte" }, "inactive", external],
        );
        assert.partialDeepStrictEqual(data.verifiable_addresses, [
          { value: email, verified: true, status: "completed" },
        ]);
        const { data: again } = await ground.api().getIdentityByExternalID({ externalID: external });
        assert.equal(again.id, data.id);
      },
    },
    {
      name: "createIdentity without a schema's id uses the default schema",
      async run(ground) {
        const { data } = await ground
          .api()
          .createIdentity({ createIdentityBody: { schema_id: "", traits: { email: freshEmail() } } });
        assert.equal(data.schema_id, "default");
        assert.equal(new URL(data.schema_url).pathname, "/schemas/ZGVmYXVsdA");
      },
    },
    {
      name: "createIdentity refuses what the schema does, unknown schemas and bad states, in Kratos's words",
      async run(ground) {
        const create = (body: object) => ground.api().createIdentity({ createIdentityBody: body as never });
        const base = { schema_id: "preset://email" };
        const words: [object, string | RegExp][] = [
          [
            { ...base, traits: {} },
            'I[#/traits] S[#/properties/traits/required] missing properties: "email"',
          ],
          [{ ...base }, 'I[#/traits] S[#/properties/traits/required] missing properties: "email"'],
          [
            { ...base, traits: { email: 7 } },
            /^I\[#\/traits\/email\] S\[#\/properties\/traits\/properties\/email\/type\] expected string, but got number/,
          ],
          [{ ...base, traits: { email: "nobody" } }, /"nobody" is not valid "email"/],
          [
            { ...base, traits: { email: freshEmail(), department: "ory" } },
            /additionalProperties "department" not allowed/,
          ],
          [{ ...base, traits: null }, /expected object, but got null/],
          [{ schema_id: "unknown", traits: {} }, "Unable to find JSON Schema ID: unknown"],
          [{ ...base, traits: { email: freshEmail() }, state: "asleep" }, "identity state is not valid"],
          [
            {
              ...base,
              traits: { email: freshEmail() },
              credentials: { password: { config: { hashed_password: "no hash" } } },
            },
            "The imported password does not match any known hash format.",
          ],
          [{ ...base, traits: { email: freshEmail() }, external_id: "x".repeat(65) }, /64/],
        ];
        for (const [body, reason] of words)
          await expectRefusal(create(body), { status: 400, message: generic, reason });
      },
    },
    {
      name: "createIdentity decodes strictly: unknown fields, wrong types, nothing at all",
      async run(ground) {
        const refused: [object, string][] = [
          [{ id: randomUUID() }, 'json: unknown field "id"'],
          [{ schema_url: "x" }, 'json: unknown field "schema_url"'],
          [{ credentials: { password: { hash: 1 } } }, 'json: unknown field "hash"'],
          [{ schema_id: 7 }, "json: cannot unmarshal number into Go struct field .schema_id of type string"],
        ];
        for (const [body, message] of refused)
          expectEnvelope(await ground.call("POST", "/admin/identities", { body }), {
            status: 400,
            message,
            reason: null,
          });
        expectEnvelope(await ground.call("POST", "/admin/identities"), { status: 400, message: "EOF" });
        expectEnvelope(await ground.call("POST", "/admin/identities", { text: "{" }), { status: 400 });
      },
    },
    {
      name: "createIdentity refuses what another identity has: an address however it is written, an external id",
      async run(ground) {
        const { email } = await makeIdentity(ground);
        const external = randomUUID();
        await makeIdentity(ground, { external_id: external });
        const create = (body: object) =>
          ground
            .api()
            .createIdentity({ createIdentityBody: { schema_id: "preset://email", ...body } as never });
        await expectRefusal(create({ traits: { email } }), conflict);
        await expectRefusal(create({ traits: { email: ` ${email.toUpperCase()}`.trim() } }), conflict);
        await expectRefusal(create({ traits: { email: freshEmail() }, external_id: external }), conflict);
      },
    },
    {
      name: "every path answers without /admin too",
      async run(ground) {
        const email = freshEmail();
        const made = await ground.call("POST", "/identities", {
          body: { schema_id: "preset://email", traits: { email } },
        });
        assert.equal(made.status, 201);
        const { id } = made.body as { id: string };
        for (const path of [`/identities/${id}`, `/admin/identities/${id}`]) {
          const { status, headers, body } = await ground.call("GET", path);
          assert.equal(status, 200);
          assert.equal((body as { id: string }).id, id);
          assert.equal(headers.get("cache-control"), "private, no-cache, no-store, must-revalidate");
        }
      },
    },
  ];
}
