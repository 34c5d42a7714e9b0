import assert from "node:assert/strict";
import Anchorbrowser from "anchorbrowser";
import { generate } from "otplib";
import {
  type AnchorCheck,
  type AnchorGround,
  expectAnswer,
  expectRefusal,
  isTime,
  nowhere,
  uuid,
} from "./ground.ts";

/** The credentials that sign the user in at the site; a short-lived code is told by the URI of the QR code. */
export function credentialsOf({
  user,
}: Pick<AnchorGround, "user">): Anchorbrowser.IdentityCreateParams["credentials"] {
  const { username, password, totpSecret, totpPeriodSeconds: period, secondFactor } = user;
  const secret = period === undefined ? totpSecret : `otpauth://totp/x?secret=${totpSecret}&period=${period}`;
  return [
    { type: "username_password", username, password },
    ...(secondFactor === false ? [] : [{ type: "authenticator" as const, secret }]),
  ];
}

const created = ["id", "name", "status", "metadata", "created_at"];

/** Reading an identity until it is no longer pending. */
async function settled(client: Anchorbrowser, id: string): Promise<string | undefined> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const { status } = await client.identities.retrieve(id);
    if (status !== "pending" || Date.now() > deadline) return status;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export function identityChecks(): AnchorCheck[] {
  let id = "";
  let host = "";
  return [
    {
      name: "identities.create with validateAsync=false answers 201 when the login has ended: validated",
      async run(ground) {
        host = new URL(ground.site.url).host;
        const metadata = { department: "Engineering", plan: 3 };
        const identity = await ground.client().identities.create({
          source: `${ground.site.url}/`,
          credentials: credentialsOf(ground),
          name: "My Work Account",
          metadata,
          validateAsync: false,
        });
        expectAnswer(ground, 201, created);
        assert.equal(identity.status, "validated");
        assert.equal(identity.name, "My Work Account");
        assert.deepEqual(identity.metadata, metadata);
        assert.match(identity.id ?? "", uuid);
        assert(isTime(identity.created_at));
        id = identity.id ?? "";
      },
    },
    {
      name: "identities.create answers pending at once, and the refused login makes it failed",
      async run(ground) {
        const client = ground.client();
        const identity = await client.identities.create({
          source: `${ground.site.url}/`,
          credentials: [
            { type: "username_password", username: ground.user.username, password: "not the password" },
          ],
        });
        expectAnswer(ground, 201, created);
        assert.equal(identity.status, "pending");
        assert.equal(identity.name, "Unnamed Identity");
        assert.deepEqual(identity.metadata, {});
        assert.equal(await settled(client, identity.id ?? ""), "failed");
      },
    },
    {
      name: "identities.create takes no credentials, an empty list, a bare host and a name that is taken",
      async run(ground) {
        const client = ground.client();
        for (const credentials of [undefined, []]) {
          const body = { source: host, name: "My Work Account", ...(credentials && { credentials }) };
          const identity = await client.post<Anchorbrowser.IdentityCreateResponse>("/v1/identities", {
            body,
          });
          expectAnswer(ground, 201, created);
          assert.equal(identity.status, "pending");
          assert.equal(identity.name, "My Work Account");
          await client.identities.delete(identity.id ?? "");
        }
      },
    },
    {
      name: "identities.create shows a name as it was given, whatever it looks like, and ignores unknown fields",
      async run(ground) {
        const client = ground.client();
        for (const name of [nowhere, " spaces ", "名前 🦊 \u202e", "../../etc", "a".repeat(300), ""]) {
          const { id: made = "" } = await client.post<Anchorbrowser.IdentityCreateResponse>(
            "/v1/identities",
            {
              body: { source: "https://names.example/", credentials: [], name, colour: "blue" },
            },
          );
          assert.equal((await client.identities.retrieve(made)).name, name);
          await client.identities.delete(made);
        }
      },
    },
    {
      name: "identities.retrieve answers all fields, flat",
      async run(ground) {
        const identity = await ground.client().identities.retrieve(id);
        expectAnswer(ground, 200, [...created, "source", "updated_at"]);
        assert.equal(identity.source, `${ground.site.url}/`);
        assert.equal(identity.status, "validated");
        assert(isTime(identity.updated_at));
      },
    },
    {
      name: "identities.retrieveCredentials shows them in the clear with the code of the moment, and is not cached",
      async run(ground) {
        const answer = await ground.client().identities.retrieveCredentials(id);
        expectAnswer(ground, 200, ["id", "name", "source", "credentials"]);
        assert.match(ground.last().headers.get("cache-control") ?? "", /no-store/);
        const { username, password, totpSecret, totpPeriodSeconds: period = 30 } = ground.user;
        const [first, second] = answer.credentials;
        assert.deepEqual(first, { type: "username_password", username, password });
        assert(second?.type === "authenticator");
        assert.equal(second.secret, totpSecret);
        const now = Math.floor(Date.now() / 1_000);
        const codes = await Promise.all(
          [now - period, now].map((epoch) => generate({ secret: totpSecret, period, epoch })),
        );
        assert(codes.includes(second.otp), "the code is not this moment's");
      },
    },
    {
      name: "identities.update replaces metadata, renames, and leaves out what is not given",
      async run(ground) {
        const client = ground.client();
        const updated = await client.identities.update(id, { metadata: { plan: "pro" } });
        expectAnswer(ground, 200, ["id", "name", "metadata", "updated_at"]);
        assert.deepEqual(updated.metadata, { plan: "pro" });
        assert.equal(updated.name, "My Work Account");
        const renamed = await client.identities.update(id, { name: "Renamed" });
        assert.deepEqual([renamed.name, renamed.metadata], ["Renamed", { plan: "pro" }]);
        assert.equal((await client.identities.retrieve(id)).status, "validated");
      },
    },
    {
      name: "identities.update with credentials replaces all of them and validates anew",
      async run(ground) {
        const client = ground.client();
        const credentials = [
          ...credentialsOf(ground),
          { type: "custom" as const, fields: [{ name: "pin", value: "0000" }] },
        ];
        await client.identities.update(id, { credentials });
        const shown = await client.identities.retrieveCredentials(id);
        assert.deepEqual(shown.credentials.at(-1), credentials.at(-1));
        assert.equal(await settled(client, id), "validated");
      },
    },
    {
      name: "POST identities/{id}/reauthenticate looks, and with sync answers when that is done",
      async run(ground) {
        const client = ground.client();
        const path = `/v1/identities/${id}/reauthenticate`;
        const done = await client.post<Record<string, unknown>>(path, { body: { sync: true } });
        const shared = ["identity_id", "identityId", "async", "status", "authenticated", "failure", "run_id"];
        expectAnswer(ground, 200, shared);
        assert.deepEqual([done["identity_id"], done["async"], done["authenticated"]], [id, false, true]);
        const begun = await client.post<Record<string, unknown>>(path);
        expectAnswer(ground, 202, shared);
        assert.equal(begun["async"], true);
        // The one that waits comes after the one that does not: what follows finds the identity free.
        await client.post(path, { body: { sync: true } });
      },
    },
    {
      name: "identities refuse what is not valid with 400, and say what",
      async run(ground) {
        const client = ground.client();
        const source = "https://site.example/login";
        for (const body of [
          {},
          { source: 7, credentials: [] },
          { source: "ftp://site.example", credentials: [] },
          { source, credentials: [{ type: "password", username: "u", password: "p" }] },
          { source, credentials: [{ type: "username_password", username: "u" }] },
          { source, credentials: [{ type: "authenticator", secret: "not base32!" }] },
          { source, credentials: [{ type: "custom", fields: [{ name: "pin" }] }] },
          { source, credentials: {} },
          { source, metadata: "text" },
        ])
          await expectRefusal(ground, client.post("/v1/identities", { body }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
        const query = { validateAsync: "perhaps" };
        await expectRefusal(ground, client.post("/v1/identities", { body: { source }, query }), {
          status: 400,
          is: Anchorbrowser.BadRequestError,
        });
      },
    },
    {
      name: "identities.delete answers a message, and what is gone is not found",
      async run(ground) {
        const client = ground.client();
        const answer = await client.identities.delete(id);
        expectAnswer(ground, 200, ["message"]);
        assert.equal(typeof answer.message, "string");
        for (const gone of [id, nowhere, "no-uuid", "a/../b"]) {
          const calls = [
            () => client.identities.retrieve(gone),
            () => client.identities.update(gone, { name: "x" }),
            () => client.identities.delete(gone),
            () => client.identities.retrieveCredentials(gone),
          ];
          for (const call of calls)
            await expectRefusal(ground, call(), { status: 404, is: Anchorbrowser.NotFoundError });
        }
      },
    },
  ];
}
