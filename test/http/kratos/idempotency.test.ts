import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { useTestApi } from "../../support/api-of-file.ts";

const on = useTestApi();

test("a creation that is repeated under the same key is the one it was, and no other", async () => {
  const key = randomUUID();
  const create = (email: string, ofKey = key) =>
    on.api.call({
      method: "POST",
      url: "/admin/identities",
      headers: { "idempotency-key": ofKey },
      payload: { schema_id: "preset://email", traits: { email } },
    });
  const email = `${randomUUID()}@example.org`;
  const answers = await Promise.all([create(email), create(email), create(email)]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201, 201]);
  const ids = new Set(answers.map((answer) => answer.json<{ id: string }>().id));
  expect(ids.size).toBe(1);

  const message = "The resource could not be created due to a conflict";
  const other = await create(`${randomUUID()}@example.org`);
  expect([other.statusCode, other.json()]).toMatchObject([
    409,
    { error: { message, reason: expect.stringContaining("idempotency key") } },
  ]);
  const taken = await create(email, randomUUID());
  expect([taken.statusCode, taken.json()]).toMatchObject([
    409,
    { error: { message, reason: "This identity conflicts with another identity that already exists." } },
  ]);

  await on.api.call({ method: "DELETE", url: `/admin/identities/${[...ids].join()}` });
  const gone = await create(email);
  expect([gone.statusCode, gone.json()]).toMatchObject([
    409,
    { error: { message, reason: expect.stringContaining("is deleted") } },
  ]);
});
