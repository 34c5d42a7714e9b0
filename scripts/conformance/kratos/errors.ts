import { randomUUID } from "node:crypto";
import { Configuration, IdentityApi } from "@ory/kratos-client";
import { expectEnvelope, expectRefusal, type KratosCheck, makeIdentity } from "./ground.ts";

export function errorChecks(): KratosCheck[] {
  return [
    {
      name: "401 with the envelope for a key that is no good and for none, on every path",
      async run(ground) {
        await expectRefusal(ground.api("lk_no_good").listIdentities(), { status: 401 });
        for (const path of ["/admin/identities", "/identities", "/schemas", "/admin/sessions"])
          expectEnvelope(await ground.call("GET", path, { key: null }), {
            status: 401,
            message: "The request could not be authorized",
          });
      },
    },
    {
      name: "the client's own option for a key will do, with Bearer before it and without",
      async run({ url, key }) {
        for (const apiKey of [key, `Bearer ${key}`]) {
          const api = new IdentityApi(new Configuration({ basePath: url, apiKey }));
          await api.listIdentities({ pageSize: 1 });
        }
      },
    },
    {
      name: "403 with the envelope for a key that may only read",
      isPossible: ({ readKey }) => readKey !== undefined,
      async run(ground) {
        const { id } = await makeIdentity(ground);
        const api = ground.api(ground.readKey);
        const refused = { status: 403, message: "The requested action was forbidden" };
        await api.getIdentity({ id });
        await api.listIdentitySessions({ id });
        for (const call of [
          () => api.createIdentity({ createIdentityBody: { schema_id: "preset://email", traits: {} } }),
          () => api.updateIdentity({ id, updateIdentityBody: { traits: {} } as never }),
          () => api.patchIdentity({ id, jsonPatch: [] }),
          () => api.batchPatchIdentities({ patchIdentitiesBody: { identities: [] } }),
          () => api.deleteIdentity({ id }),
          () => api.deleteIdentityCredentials({ id, type: "totp" }),
          () => api.deleteIdentitySessions({ id }),
          () => api.createRecoveryLinkForIdentity({ createRecoveryLinkForIdentityBody: { identity_id: id } }),
        ])
          await expectRefusal(call(), refused);
      },
    },
    {
      name: "404, 405, 413 and 415 have the envelope too",
      async run(ground) {
        expectEnvelope(await ground.call("GET", "/admin/nothing"), { status: 404 });
        expectEnvelope(await ground.call("GET", `/identities/${randomUUID()}/nothing`), { status: 404 });
        expectEnvelope(await ground.call("DELETE", "/admin/identities"), { status: 405 });
        const text = JSON.stringify({ traits: { x: "x".repeat(5 * 1024 ** 2) } });
        expectEnvelope(await ground.call("POST", "/admin/identities", { text }), { status: 413 });
        const response = await fetch(`${ground.url}/admin/identities`, {
          method: "POST",
          headers: { authorization: `Bearer ${ground.key}`, "content-type": "text/xml" },
          body: "<a/>",
        });
        expectEnvelope({ status: response.status, body: await response.json() }, { status: 415 });
      },
    },
  ];
}
