import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { expectRefusal, freshEmail, type KratosCheck } from "./ground.ts";

const employee = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: {
    traits: {
      type: "object",
      properties: {
        badge: {
          type: "string",
          "ory.sh/kratos": { credentials: { password: { identifier: true } } },
        },
        mails: {
          type: "array",
          items: {
            type: "string",
            format: "email",
            "ory.sh/kratos": { verification: { via: "email" }, recovery: { via: "email" } },
          },
        },
      },
      required: ["badge"],
      additionalProperties: false,
    },
  },
};

export function schemaChecks(): KratosCheck[] {
  return [
    {
      name: "getIdentitySchema finds a schema by its id, plain, escaped and encoded",
      async run(ground) {
        const { data } = await ground.api().getIdentitySchema({ id: "cHJlc2V0Oi8vZW1haWw" });
        assert.partialDeepStrictEqual(data, {
          properties: {
            traits: {
              required: ["email"],
              properties: {
                email: { format: "email", "ory.sh/kratos": { verification: { via: "email" } } },
              },
            },
          },
        });
        assert.deepEqual((await ground.api().getIdentitySchema({ id: "preset://email" })).data, data);
        await expectRefusal(ground.api().getIdentitySchema({ id: "nobodys" }), {
          status: 404,
          reason: "Identity schema `nobodys` could not be found.",
        });
      },
    },
    {
      name: "an application's own schema is its identities': listed, obeyed, read for identifiers and addresses",
      async run(ground) {
        const name = `employee ${randomUUID()}`;
        const application = await ground.call("POST", "/v1/applications", {
          body: { source: "https://larch.example", name },
        });
        const { id: applicationId } = application.body as { id: string };
        const changed = await ground.call("PATCH", `/v1/applications/${applicationId}`, {
          body: { traits_schema: employee },
        });
        assert.equal(changed.status, 200, JSON.stringify(changed.body));
        const { data: schema } = await ground.api().getIdentitySchema({ id: name });
        assert.deepEqual(schema, employee);

        const mails = [freshEmail(), freshEmail()];
        const badge = `Badge ${randomUUID()}`;
        const { data } = await ground.api().createIdentity({
          createIdentityBody: { schema_id: name, traits: { badge, mails } },
        });
        assert.deepEqual(data.credentials?.["password"]?.identifiers, [badge.toLowerCase()]);
        assert.deepEqual(
          data.verifiable_addresses?.map(({ value }) => value),
          mails.toSorted(),
        );
        await expectRefusal(
          ground.api().createIdentity({ createIdentityBody: { schema_id: name, traits: { mails } } }),
          { status: 400, reason: 'I[#/traits] S[#/properties/traits/required] missing properties: "badge"' },
        );
        await ground.call("DELETE", `/v1/applications/${applicationId}?cascade=true`);
      },
    },
    {
      name: "listIdentitySchemas lists them with X-Total-Count, page by page",
      async run(ground) {
        const { data, headers } = await ground.api().listIdentitySchemas();
        const total = Number(headers["x-total-count"]);
        assert.equal(data.length, Math.min(total, 250));
        assert(data.some(({ id }) => id === "preset://email"));
        const ids: (string | undefined)[] = [];
        for (let pageToken: string | null = ""; pageToken !== null; ) {
          const page = await ground
            .api()
            .listIdentitySchemas({ pageSize: 2, ...(pageToken === "" ? {} : { pageToken }) });
          ids.push(...page.data.map(({ id }) => id));
          const next = /<([^>]+)>; rel="next"/.exec(String(page.headers["link"]))?.[1];
          pageToken = next === undefined ? null : new URL(next, "http://x").searchParams.get("page_token");
        }
        assert.equal(ids.length, total);
        assert.equal(new Set(ids).size, total);
      },
    },
  ];
}
