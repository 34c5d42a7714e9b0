import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Exchange, expectError, expectIdentity, type PrefactorCheck } from "./ground.ts";
import { makePool, type Pool, removePool } from "./pools.ts";

const path = "/api/v1/identity";
const totp = "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR";

export function secretFactorChecks(): PrefactorCheck[] {
  let pool: Pool;
  let id = "";
  const password = `secret-${randomUUID()}`;
  const answers: Exchange[] = [];
  const factors = [
    { name: "email", type: "email", value: `${randomUUID().slice(0, 8)}@larch.example` },
    { name: "password", type: "password", value: password },
    { name: "totp", type: "totp", value: `otpauth://totp/x?secret=${totp}&period=60` },
  ];
  const shown = (all: readonly { type: string; value?: string }[]) =>
    all.map(({ type, value }) => `${type}${value === undefined ? "" : ", shown"}`);

  return [
    {
      name: "P-19 values of password and totp are never shown",
      async run(ground) {
        pool = await makePool(ground);
        answers.push(await ground.call("POST", path, { body: { pool_id: pool.id, factors } }));
        const made = answers.map((answer) => expectIdentity(answer));
        id = made[0]?.id ?? "";
        answers.push(await ground.call("GET", `${path}/${id}`));
        assert.deepEqual(shown(made[0]?.factors ?? []), ["email, shown", "password", "totp"]);
      },
    },
    {
      name: "PUT keeps factors that are named without a value, by name or nid, and takes away what is not named",
      async run(ground) {
        const put = async (given: readonly object[]) => {
          const answer = await ground.call("PUT", `${path}/${id}`, { body: { factors: given } });
          answers.push(answer);
          return answer;
        };
        const { factors: before } = expectIdentity(await ground.call("GET", `${path}/${id}`), [
          "details",
          "actions",
        ]);
        const [email = {}, secret, code] = before;
        // As it was shown, and as little of it as names it, it changes nothing.
        assert.deepEqual(expectIdentity(await put(before)).factors, before);
        const briefly = [{ nid: secret?.nid }, { name: "totp" }, email];
        assert.deepEqual(expectIdentity(await put(briefly)).factors, before);
        const renewed = { name: "password", type: "password", value: `${password}-2` };
        const { factors: after } = expectIdentity(await put([email, renewed]));
        assert.deepEqual(shown(after), ["email, shown", "password"]);
        assert.notEqual(after[1]?.vid, secret?.vid);
        // A password needs somebody to be the password of.
        expectError(await put([{ name: "password" }]), { status: 422, code: "required_value" });
        assert.deepEqual(shown(expectIdentity(await put([email])).factors), ["email, shown"]);
        expectError(await put([email, { nid: code?.nid }]), { status: 422, code: "required_value" });
        for (const { body } of answers) {
          const text = JSON.stringify(body);
          assert(!text.includes(password) && !text.includes(totp), "a secret is shown");
        }
        await removePool(ground, pool);
      },
    },
  ];
}
