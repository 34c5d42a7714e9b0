import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { useTestApi } from "../../support/api-of-file.ts";

const on = useTestApi({ settings: { LATCHKEY_REQUESTS_PER_MINUTE: "1000000" } });

/** What JSON and Postgres can both hold. */
const text = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .map((value) => value.toWellFormed().replaceAll("\0", ""));
const name = text.filter((value) => !["__proto__", "constructor", "email", "username"].includes(value));
const leaf = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);
const json = fc.object({ key: name, values: [leaf], maxDepth: 2, maxKeys: 4 });

/** As clients write one; of the default schema, which takes any traits. */
const record = fc.record({
  traits: fc.tuple(json, fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,9}$/)).map(([others, local]) => ({
    ...others,
    email: `${local}.${randomUUID()}@Example.org`,
  })),
  metadata_public: fc.option(json),
  metadata_admin: fc.option(json),
  state: fc.constantFrom("active", "inactive"),
  external_id: fc.constant(undefined).map(() => randomUUID()),
  verified: fc.boolean(),
  status: fc.constantFrom("pending", "sent", "completed"),
});
type Sent = typeof record extends fc.Arbitrary<infer T> ? T : never;

/** What a client that sent this is to be shown. */
function expected({ verified, status, metadata_public, metadata_admin, ...same }: Sent) {
  const value = same.traits.email.toLowerCase();
  return {
    ...same,
    metadata_public,
    metadata_admin,
    schema_id: "default",
    verifiable_addresses: [{ value, via: "email", verified, status }],
    recovery_addresses: [{ value, via: "email" }],
    credentials: { password: { type: "password", identifiers: [value] } },
  };
}

test("what a client creates is what it gets, by id, by external id and in a list; and again when it puts it back", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(record, async (sent) => {
      const { verified, status, ...body } = sent;
      const made = await on.api.call({
        method: "POST",
        url: "/admin/identities",
        payload: {
          ...body,
          verifiable_addresses: [{ value: body.traits.email, via: "email", verified, status }],
        },
      });
      expect(made.statusCode, made.body).toBe(201);
      const { id } = made.json<{ id: string }>();
      const { metadata_admin: admin, ...shown } = expected(sent);
      expect(made.json()).toMatchObject(admin === null ? shown : { ...shown, metadata_admin: admin });
      const url = `/admin/identities/${id}`;
      const answers = [
        (await on.api.call({ url })).json<object>(),
        (await on.api.call({ url: `/admin/identities/by/external/${body.external_id}` })).json<object>(),
        (await on.api.call({ url: `/admin/identities?ids=${id}&include_credential=code` })).json<
          object[]
        >()[0],
        (await on.api.call({ method: "PUT", url, payload: body })).json<object>(),
        (await on.api.call({ method: "PATCH", url, payload: [] })).json<object>(),
      ];
      for (const answer of answers) {
        expect(answer).toMatchObject(expected(sent));
        const { traits, metadata_public, metadata_admin } = answer as Sent;
        expect({ traits, metadata_public, metadata_admin }).toEqual({
          traits: sent.traits,
          metadata_public: sent.metadata_public,
          metadata_admin: sent.metadata_admin,
        });
      }
    }),
    { numRuns: 25 },
  );
});
