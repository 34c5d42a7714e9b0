import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  expectRefusal,
  generic,
  type KratosCheck,
  type KratosGround,
  nowhere,
  unlocated,
  uuid,
} from "./ground.ts";

/** Asks one of the other APIs, and holds the answer to success. */
async function ask(
  ground: KratosGround,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const answer = await ground.call(method, path, body === undefined ? {} : { body });
  assert(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as Record<string, unknown>;
}

export function endToEndChecks(): KratosCheck[] {
  const name = `practice ${randomUUID()}`;
  let applicationId = "";
  let id = "";
  return [
    {
      name: "an identity with an imported password and authenticator is validated, runs a flow, and is known to the other APIs",
      async run(ground) {
        const { username, password, totpSecret, totpPeriodSeconds: period = 30 } = ground.user;
        applicationId = String(
          (await ask(ground, "POST", "/v1/applications", { source: `${ground.site.url}/`, name }))["id"],
        );
        const { data } = await ground.api().createIdentity({
          createIdentityBody: {
            schema_id: name,
            traits: { username },
            metadata_public: { plan: "gold" },
            credentials: {
              password: { config: { password } },
              totp: { config: { totp_url: `otpauth://totp/x?secret=${totpSecret}&period=${period}` } },
            } as never,
          },
        });
        id = data.id;
        const signedIn = await ask(ground, "POST", `/v1/identities/${id}/reauthenticate`, { sync: true });
        assert.partialDeepStrictEqual(signedIn, { status: "validated", authenticated: true });
        const run = await ask(ground, "POST", "/v1/runs?wait=60", { flow: "web/capture", identityId: id });
        assert.partialDeepStrictEqual(run["outcome"], { status: "succeeded" });
        assert(JSON.stringify(run["outcome"]).includes("Your account"), "the page is not a signed-in one's");
        const anchor = await ask(ground, "GET", `/v1/identities/${id}`);
        assert.partialDeepStrictEqual(anchor, { status: "validated", metadata: { plan: "gold" } });
        const pools = await ask(ground, "GET", "/api/v1/pool?pagination[page_size]=100");
        const pool = (pools["summaries"] as { id: string; title: string }[]).find(
          ({ title }) => title === name,
        );
        const found = await ask(ground, "GET", `/api/v1/identity?pool_id=${pool?.id}`);
        assert.deepEqual(
          (found["summaries"] as { title: string }[]).map(({ title }) => title),
          [username],
        );
      },
    },
    {
      name: "an identity's sessions are the browsers it is signed in to, and that it is signed in for its next run",
      async run(ground) {
        const api = ground.api();
        const { data: browser } = (await ask(ground, "POST", "/v1/sessions", { identities: [{ id }] })) as {
          data: { id: string };
        };
        const { data, headers } = await api.listIdentitySessions({ id, active: true });
        assert.deepEqual([data.length, headers["x-total-count"]], [2, "2"]);
        assert.equal(data[0]?.id, browser.id);
        for (const session of data) {
          assert.match(session.id, uuid);
          assert.deepEqual([session.active, session.authenticator_assurance_level], [true, "aal2"]);
          assert.deepEqual(
            session.authentication_methods?.map(({ method }) => method),
            ["password", "totp"],
          );
          assert.equal(session.identity?.id, id);
          const { data: one } = await api.getSession({ id: session.id, expand: ["identity"] });
          assert.deepEqual(one, session);
          assert.equal((await api.getSession({ id: session.id })).data.identity, undefined);
          const extended = await api.extendSession({ id: session.id });
          assert.deepEqual([extended.status, extended.data], [200, session]);
        }
        const { data: all } = await api.listSessions({ active: true });
        assert(data.every((session) => all.some((other) => other.id === session.id)));
        const [first] = (await api.listIdentitySessions({ id, pageSize: 1 })).data;
        assert.equal(first?.id, browser.id);
      },
    },
    {
      name: "disableSession and deleteIdentitySessions sign it out, and there is nothing left to sign out of",
      async run(ground) {
        const api = ground.api();
        const { data } = await api.listIdentitySessions({ id, active: true });
        assert.equal((await api.disableSession({ id: data[0]?.id ?? "" })).status, 204);
        const { data: left } = await api.listIdentitySessions({ id, active: true });
        assert.deepEqual(
          left.map((session) => session.id),
          data.slice(1).map((session) => session.id),
        );
        assert.equal((await api.deleteIdentitySessions({ id })).status, 204);
        assert.deepEqual((await api.listIdentitySessions({ id, active: true })).data, []);
        await expectRefusal(api.deleteIdentitySessions({ id }), { status: 404, message: unlocated });
        await ask(ground, "DELETE", `/v1/applications/${applicationId}?cascade=true`);
      },
    },
    {
      name: "sessions of nobody are none; ids that are none are refused",
      async run(ground) {
        const api = ground.api();
        assert.deepEqual((await api.listIdentitySessions({ id: nowhere })).data, []);
        for (const call of [
          () => api.listIdentitySessions({ id: "x" }),
          () => api.deleteIdentitySessions({ id: "x" }),
          () => api.getSession({ id: "x" }),
          () => api.disableSession({ id: "x" }),
          () => api.extendSession({ id: "x" }),
          () => api.listIdentitySessions({ id: nowhere, active: "perhaps" as never }),
        ])
          await expectRefusal(call(), { status: 400 });
        for (const call of [
          () => api.deleteIdentitySessions({ id: nowhere }),
          () => api.getSession({ id: nowhere }),
          () => api.disableSession({ id: nowhere }),
          () => api.extendSession({ id: nowhere }),
        ])
          await expectRefusal(call(), { status: 404, message: unlocated });
      },
    },
    {
      name: "POST /admin/sessions ends many sessions, and says how many",
      async run(ground) {
        const manage = async (body: object) => await ground.call("POST", "/admin/sessions", { body });
        const { status, body } = await manage({ action: "disable", identities: [nowhere] });
        assert.deepEqual([status, body], [200, { processed: 0, more: false }]);
        for (const refused of [
          { action: "keep", sessions: [nowhere] },
          { action: "delete" },
          { action: "delete", sessions: ["x"] },
        ]) {
          const { status: code, body: answer } = await manage(refused);
          assert.equal(code, 400);
          assert.partialDeepStrictEqual(answer, { error: { message: generic } });
        }
      },
    },
  ];
}
