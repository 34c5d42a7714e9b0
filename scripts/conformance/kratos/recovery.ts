import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  expectEnvelope,
  expectRefusal,
  generic,
  type KratosCheck,
  nowhere,
  time,
  unlocated,
} from "./ground.ts";
import { openLink } from "./visitor.ts";

export function recoveryChecks(): KratosCheck[] {
  const name = `to recover ${randomUUID()}`;
  let applicationId = "";
  let id = "";
  return [
    {
      name: "createRecoveryLinkForIdentity answers 200 with a link to the connect page, good for as long as was asked",
      async run(ground) {
        const application = await ground.call("POST", "/v1/applications", {
          body: { source: `${ground.site.url}/`, name },
        });
        applicationId = (application.body as { id: string }).id;
        const made = await ground.api().createIdentity({
          createIdentityBody: { schema_id: name, traits: { username: ground.user.username } },
        });
        id = made.data.id;
        const { status, data, headers } = await ground.api().createRecoveryLinkForIdentity({
          createRecoveryLinkForIdentityBody: { identity_id: id, expires_in: "1h30m" },
        });
        assert.deepEqual([status, headers["cache-control"]], [200, "no-store"]);
        const link = new URL(data.recovery_link);
        assert.equal(link.pathname, "/identity/create");
        assert(link.searchParams.get("token"));
        assert.match(data.expires_at ?? "", time);
        const minutes = (Date.parse(data.expires_at ?? "") - Date.now()) / 60_000;
        assert(minutes > 88 && minutes < 91, `good for ${minutes} minutes`);
        assert.match(await (await openLink(ground, data.recovery_link)).page(), /<form[^]*type="password"/);
      },
    },
    {
      name: "createRecoveryCodeForIdentity answers 201 with a link, and the code that its page asks for",
      async run(ground) {
        const { status, data } = await ground.api().createRecoveryCodeForIdentity({
          createRecoveryCodeForIdentityBody: { identity_id: id },
        });
        assert.equal(status, 201);
        assert.match(data.recovery_code, /^\d{6}$/);
        assert.match(data.expires_at ?? "", time);
        assert(!data.recovery_link.includes(data.recovery_code));
        const page = await (await openLink(ground, data.recovery_link)).page();
        assert.match(page, /<form/);
        assert.doesNotMatch(page, /type="password"/);
      },
    },
    {
      name: "whose account it is opens the link, gives the password, and the identity is signed in",
      async run(ground) {
        const api = ground.api();
        const { username, password } = ground.other;
        const made = await api.createIdentity({
          createIdentityBody: { schema_id: name, traits: { username }, metadata_public: { plan: "gold" } },
        });
        const identity_id = made.data.id;
        const { data } = await api.createRecoveryLinkForIdentity({
          createRecoveryLinkForIdentityBody: { identity_id },
        });
        const visitor = await openLink(ground, data.recovery_link);
        await visitor.send("credentials", { username, password });
        await visitor.until("done");
        const after = (await api.getIdentity({ id: identity_id, includeCredential: ["password"] })).data;
        assert.match(JSON.stringify(after.credentials?.["password"]?.config), /argon2id/);
        assert.partialDeepStrictEqual(after, { traits: { username }, metadata_public: { plan: "gold" } });
        const anchor = await ground.call("GET", `/v1/identities/${identity_id}`);
        assert.partialDeepStrictEqual(anchor.body, { status: "validated" });
        assert.equal((await api.listIdentitySessions({ id: identity_id, active: true })).data.length, 1);
        // It is used up.
        const again = await fetch(data.recovery_link, { redirect: "manual" });
        assert(again.status >= 400, `answered ${again.status}`);
      },
    },
    {
      name: "recovery refuses unknown identities, each in its words, and durations that are none or over",
      async run(ground) {
        const api = ground.api();
        const code = (body: object) =>
          api.createRecoveryCodeForIdentity({ createRecoveryCodeForIdentityBody: body as never });
        const link = (body: object) =>
          api.createRecoveryLinkForIdentity({ createRecoveryLinkForIdentityBody: body as never });
        await expectRefusal(code({ identity_id: nowhere }), {
          status: 404,
          message: unlocated,
          reason: "could not find identity",
        });
        await expectRefusal(link({ identity_id: nowhere }), {
          status: 400,
          message: generic,
          reason: "The requested identity id does not exist.",
        });
        for (const make of [code, link]) {
          await expectRefusal(make({ identity_id: "x" }), { status: 400 });
          await expectRefusal(make({ identity_id: id, expires_in: "not-a-valid-value" }), {
            status: 400,
            message: generic,
            reason:
              'Unable to parse "expires_in" as a duration string (e.g. "1h", "1m30s", "500ms"): not-a-valid-value',
          });
          await expectRefusal(make({ identity_id: id, expires_in: "-1h" }), {
            status: 400,
            message: generic,
            reason: 'Value from "expires_in" must result to a future time: -1h0m0s',
          });
        }
        await expectRefusal(code({ identity_id: id, flow_type: "carrier pigeon" }), { status: 400 });
        for (const path of ["/recovery/code", "/admin/recovery/link"])
          expectEnvelope(await ground.call("POST", path), { status: 400, message: generic });
      },
    },
    {
      name: "recovery is refused with 400 where there is nowhere to sign in, or the identity is inactive",
      async run(ground) {
        const api = ground.api();
        const siteless = await api.createIdentity({
          createIdentityBody: {
            schema_id: "preset://email",
            traits: { email: `${randomUUID()}@example.org` },
          },
        });
        const link = (identity_id: string) =>
          api.createRecoveryLinkForIdentity({ createRecoveryLinkForIdentityBody: { identity_id } });
        await expectRefusal(link(siteless.data.id), { status: 400, message: generic });
        await api.patchIdentity({ id, jsonPatch: [{ op: "replace", path: "/state", value: "inactive" }] });
        await expectRefusal(link(id), { status: 400, message: generic });
        await ground.call("DELETE", `/v1/applications/${applicationId}?cascade=true`);
      },
    },
  ];
}
