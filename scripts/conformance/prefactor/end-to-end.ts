import assert from "node:assert/strict";
import { expectIdentity, isObject, type PrefactorCheck, type PrefactorGround } from "./ground.ts";
import { makePool, removePool } from "./pools.ts";

const path = "/api/v1/identity";

/** The UUID of a pool's only identity, as Anchor's API tells it. */
async function uuidOf(ground: PrefactorGround, applicationId: string): Promise<string> {
  const { body } = await ground.call("GET", `/v1/applications/${applicationId}/identities`);
  const { identities } = body;
  assert(Array.isArray(identities) && identities.length === 1);
  return String((identities as { id: unknown }[])[0]?.id);
}

function factorsOf({ user }: Pick<PrefactorGround, "user">) {
  const { username, password, totpSecret, totpPeriodSeconds = 30 } = user;
  const uri = `otpauth://totp/practice?secret=${totpSecret}&period=${totpPeriodSeconds}`;
  return [
    { name: "email", type: "email", value: username },
    { name: "password", type: "password", value: password },
    { name: "totp", type: "totp", value: uri },
  ];
}

export function endToEndChecks(): PrefactorCheck[] {
  return [
    {
      name: "an identity of email, password and totp factors is signed in, runs a flow, and is known to the other APIs",
      async run(ground) {
        const pool = await makePool(ground, `${ground.site.url}/`);
        const body = { pool_id: pool.id, factors: factorsOf(ground), metadata: { plan: "gold" } };
        const made = expectIdentity(await ground.call("POST", path, { body }));
        const uuid = await uuidOf(ground, pool.applicationId);
        const validated = await ground.call("POST", `/v1/identities/${uuid}/reauthenticate`, {
          body: { sync: true },
        });
        assert.partialDeepStrictEqual(validated.body, { status: "validated", authenticated: true });
        const run = await ground.call("POST", "/v1/runs?wait=60", {
          // By the id that these clients know.
          body: { flow: "web/capture", identityId: made.id },
        });
        const { outcome } = run.body;
        assert(isObject(outcome) && outcome["status"] === "succeeded", JSON.stringify(run.body));
        assert(JSON.stringify(outcome).includes("Your account"), "the page is not a signed-in one's");

        const anchor = await ground.call("GET", `/v1/identities/${uuid}`);
        assert.partialDeepStrictEqual(anchor.body, { status: "validated", metadata: { plan: "gold" } });
        const kratos = await ground.call("GET", `/admin/identities/${uuid}`);
        assert.partialDeepStrictEqual(kratos.body, { id: uuid, traits: { email: ground.user.username } });
        const after = expectIdentity(await ground.call("GET", `${path}/${made.id}`), ["details", "actions"]);
        assert.deepEqual([after.factors, after.title], [made.factors, made.title]);
        for (const seen of [after.first_seen, after.last_seen]) {
          assert(isObject(seen));
          assert.deepEqual(Object.keys(seen).toSorted(), ["at", "remote_ip", "user_agent"]);
          assert.match(String(seen["user_agent"]), /^Mozilla\/5\.0 /);
          assert(Number.isInteger(seen["at"]) && Math.abs(Number(seen["at"]) - Date.now() / 1_000) < 600);
        }
        await removePool(ground, pool);
      },
    },
    {
      name: "identities made through Anchor's API and Kratos's are in their pools, with the factors that are known",
      async run(ground) {
        const pool = await makePool(ground);
        const { body: application } = await ground.call("GET", `/v1/applications/${pool.applicationId}`);
        const { username, password, totpSecret } = ground.user;
        await ground.call("POST", "/v1/identities?validateAsync=true", {
          body: {
            source: application["url"],
            applicationName: application["name"],
            name: "Ada of Anchor",
            credentials: [
              { type: "username_password", username, password },
              { type: "authenticator", secret: totpSecret },
            ],
            metadata: { seats: 5 },
          },
        });
        const traits = { email: "ben@larch.example" };
        const credentials = { password: { config: { password } } };
        const kratos = await ground.call("POST", "/admin/identities", {
          body: { schema_id: application["name"], traits, credentials },
        });
        assert.equal(kratos.status, 201, JSON.stringify(kratos.body));
        const { body } = await ground.call("GET", `${path}?pool_id=${pool.id}&sorting=title`);
        const { summaries } = body;
        assert(Array.isArray(summaries));
        const all = [];
        for (const { id } of summaries as { id: string }[])
          all.push(expectIdentity(await ground.call("GET", `${path}/${id}`), ["details", "actions"]));
        assert.deepEqual(
          all.map(({ title, factors, metadata }) => [title, factors.map(({ name }) => name), metadata]),
          [
            // Its username is a secret of Anchor's credentials: no factor shows it.
            ["Ada of Anchor", ["password", "totp"], { seats: "5" }],
            ["ben@larch.example", ["email", "password"], {}],
          ],
        );
        await removePool(ground, pool);
      },
    },
  ];
}
