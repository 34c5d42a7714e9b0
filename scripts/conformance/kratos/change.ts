import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  expectEnvelope,
  expectRefusal,
  freshEmail,
  generic,
  type KratosCheck,
  makeIdentity,
  nowhere,
  taken,
  unlocated,
} from "./ground.ts";

const bcrypt = "$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq";

export function changeChecks(): KratosCheck[] {
  return [
    {
      name: "getIdentity finds no id that is unknown or none, and nothing of another project",
      async run(ground) {
        const { id } = await makeIdentity(ground);
        for (const none of [nowhere, "not-a-uuid"])
          await expectRefusal(ground.api().getIdentity({ id: none }), {
            status: 404,
            message: unlocated,
            reason: null,
          });
        await expectRefusal(ground.api().getIdentityByExternalID({ externalID: "nobody's" }), {
          status: 404,
          message: unlocated,
        });
        if (ground.strangerKey !== undefined)
          await expectRefusal(ground.api(ground.strangerKey).getIdentity({ id }), { status: 404 });
      },
    },
    {
      name: "updateIdentity replaces traits, metadata and external id; schema, state and credentials stay where they are left out",
      async run(ground) {
        const { id } = await makeIdentity(ground, {
          metadata_public: { a: 1 },
          metadata_admin: { b: 2 },
          external_id: randomUUID(),
          credentials: { password: { config: { hashed_password: bcrypt } } },
        });
        const before = await ground.api().getIdentity({ id });
        const email = freshEmail();
        const { status, data } = await ground.api().updateIdentity({
          id,
          updateIdentityBody: { traits: { email } } as never,
        });
        assert.equal(status, 200);
        assert.deepEqual(
          [data.traits, data.metadata_public, data.metadata_admin, data.external_id],
          [{ email }, null, null, undefined],
        );
        assert.deepEqual([data.schema_id, data.state], ["preset://email", "active"]);
        assert.equal(data.state_changed_at, before.data.state_changed_at);
        assert.equal(data.recovery_addresses?.[0]?.value, email);
        assert.notEqual(data.verifiable_addresses?.[0]?.id, before.data.verifiable_addresses?.[0]?.id);
        const { data: after } = await ground.api().getIdentity({ id, includeCredential: ["password"] });
        assert.deepEqual(after.credentials?.["password"]?.config, { hashed_password: bcrypt });
        assert.deepEqual(after.credentials?.["password"]?.identifiers, [email]);
      },
    },
    {
      name: "updateIdentity passes unknown fields over, changes the state, and keeps what is known of an address that stays",
      async run(ground) {
        const email = freshEmail();
        const { id, verifiable_addresses: before } = await makeIdentity(ground, {
          traits: { email },
          verifiable_addresses: [{ value: email, via: "email", verified: true, status: "completed" }],
        });
        const { body } = await ground.call("PUT", `/admin/identities/${id}`, {
          body: { id, schema_url: "x", traits: { email: email.toUpperCase() }, state: "inactive" },
        });
        assert.partialDeepStrictEqual(body, {
          state: "inactive",
          traits: { email: email.toUpperCase() },
          verifiable_addresses: [{ id: before?.[0]?.id, verified: true, status: "completed" }],
        });
      },
    },
    {
      name: "updateIdentity refuses nothing at all, bad states and traits, what another has, and finds only what is there",
      async run(ground) {
        const { email: others } = await makeIdentity(ground);
        const { id } = await makeIdentity(ground);
        const put = (body: object, of = id) =>
          ground.api().updateIdentity({ id: of, updateIdentityBody: body as never });
        expectEnvelope(await ground.call("PUT", `/admin/identities/${id}`), {
          status: 400,
          message: generic,
          reason: 'Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.',
        });
        await expectRefusal(put({ traits: { email: freshEmail() }, state: "asleep" }), {
          status: 400,
          reason: "identity state is not valid",
        });
        await expectRefusal(put({ traits: { email: freshEmail(), department: "ory" } }), {
          status: 400,
          reason: /additionalProperties "department" not allowed/,
        });
        await expectRefusal(put({ traits: {} }), { status: 400, reason: /missing properties: "email"/ });
        await expectRefusal(put({ schema_id: "unknown", traits: { email: freshEmail() } }), {
          status: 400,
          reason: "Unable to find JSON Schema ID: unknown",
        });
        await expectRefusal(put({ traits: { email: others } }), { status: 409, message: taken });
        await expectRefusal(put({ traits: { email: freshEmail() } }, "not-found"), {
          status: 404,
          message: unlocated,
        });
      },
    },
    {
      name: "patchIdentity adds, replaces and removes, and makes what replace does not find",
      async run(ground) {
        const { id, email } = await makeIdentity(ground, { metadata_admin: { id: "x", allowed: true } });
        const { status, data } = await ground.api().patchIdentity({
          id,
          jsonPatch: [
            { op: "replace", path: "/state", value: "inactive" },
            { op: "replace", path: "/metadata_public/role/of", value: "user" },
            { op: "replace", path: "/metadata_admin/allowed", value: false },
            { op: "add", path: "/traits/name", value: { first: "Ada" } },
            { op: "replace", path: "/traits/name/last", value: "Lovelace" },
            { op: "remove", path: "/traits/name/first" },
            { op: "replace", path: "/external_id", value: id },
          ],
        });
        assert.equal(status, 200);
        assert.partialDeepStrictEqual(data, {
          state: "inactive",
          traits: { email, name: { last: "Lovelace" } },
          metadata_public: { role: { of: "user" } },
          metadata_admin: { id: "x", allowed: false },
          external_id: id,
        });
      },
    },
    {
      name: "patchIdentity refuses denied paths, other operations, bad values and nothing at all, and then changes nothing",
      async run(ground) {
        const { id } = await makeIdentity(ground);
        const { data: before } = await ground.api().getIdentity({ id });
        const patch = (...jsonPatch: object[]) =>
          ground.api().patchIdentity({ id, jsonPatch: jsonPatch as never });
        const metadata = { op: "replace", path: "/metadata_public", value: { a: 1 } };
        for (const path of [
          "/id",
          "/ID",
          "/stateChangedAt",
          "/credentials",
          "/credentials/oidc/config/providers/0/organization",
          "/credentials/saml",
        ])
          await expectRefusal(patch(metadata, { op: "replace", path, value: "x" }), {
            status: 400,
            message: `patch includes denied path: ${path}`,
            reason: "failed to apply JSON patch",
          });
        await expectRefusal(patch(metadata, { op: "move", from: "/traits", path: "/x" }), {
          status: 400,
          message: "unsupported operation: move",
        });
        await expectRefusal(patch(metadata, { op: "replace", path: "/state", value: "asleep" }), {
          status: 400,
          message: generic,
          reason: "The supplied state ('asleep') was not valid. Valid states are ('active', 'inactive').",
        });
        await expectRefusal(patch(metadata, { op: "replace", path: "/schema_id", value: "invalid-id" }), {
          status: 400,
          reason: /invalid-id/,
        });
        await expectRefusal(patch(metadata, { op: "replace", path: "/traits/email", value: 7 }), {
          status: 400,
          reason: /expected string, but got number/,
        });
        await expectRefusal(patch(metadata, { op: "add", path: "/credentials/foo", value: {} }), {
          status: 400,
          reason: 'credentials.foo.type must equal "foo", got ""',
        });
        expectEnvelope(await ground.call("PATCH", `/admin/identities/${id}`), {
          status: 400,
          message: "unexpected end of JSON input",
        });
        expectEnvelope(await ground.call("PATCH", "/admin/identities/not-found", { body: {} }), {
          status: 404,
          message: unlocated,
        });
        assert.deepEqual((await ground.api().getIdentity({ id })).data, before);
      },
    },
    {
      name: "patchIdentity changes a credential's configuration, and takes a second factor away",
      async run(ground) {
        const { id } = await makeIdentity(ground, {
          credentials: {
            totp: { config: { totp_url: "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ" } },
          } as never,
        });
        const config = { hashed_password: bcrypt };
        await ground.api().patchIdentity({
          id,
          jsonPatch: [
            { op: "replace", path: "/credentials/password/config/hashed_password", value: bcrypt },
            { op: "remove", path: "/credentials/totp" },
          ],
        });
        const { data } = await ground.api().getIdentity({ id, includeCredential: ["password"] });
        assert.deepEqual(data.credentials?.["password"]?.config, config);
        assert.deepEqual(Object.keys(data.credentials ?? {}), ["password"]);
      },
    },
    {
      name: "deleteIdentity answers 204, and then there is nobody, and what it had is free again",
      async run(ground) {
        const { id, email } = await makeIdentity(ground);
        const { status } = await ground.api().deleteIdentity({ id });
        assert.equal(status, 204);
        const api = ground.api();
        for (const again of [() => api.deleteIdentity({ id }), () => api.getIdentity({ id })])
          await expectRefusal(again(), { status: 404, message: unlocated });
        await makeIdentity(ground, { traits: { email } });
      },
    },
  ];
}
