import assert from "node:assert/strict";

/**
 * Everything that brings a secret to the Prefactor dialect, well and badly: values of password and totp factors. Gives
 * what the server answered.
 */
export async function callPrefactor({
  url,
  apiKey,
  secrets: { password, totp },
}: {
  url: string;
  apiKey: string;
  secrets: { password: string; totp: string };
}): Promise<string[]> {
  const answered: string[] = [];
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    answered.push(text);
    return JSON.parse(text) as T;
  };

  const { summaries } = await call<{ summaries: { id: string }[] }>("GET", "/api/v1/pool");
  const pool_id = summaries[0]?.id;
  const path = "/api/v1/identity";
  const email = { name: "email", type: "email", value: "by-prefactor@larch.example" };
  const factors = [
    email,
    { name: "password", type: "password", value: password },
    { name: "totp", type: "totp", value: totp },
  ];
  const { details } = await call<{ details: { id: string } }>("POST", path, {
    details: { pool_id, factors, metadata: { plan: "pro" } },
    idempotency_key: "canary",
  });
  assert.match(details.id, /^[0-7]/);
  for (const bad of [
    // The same key with another body: the fingerprint of both is kept.
    { details: { pool_id, factors: [email, ...factors.slice(1).toReversed()] }, idempotency_key: "canary" },
    { pool_id, factors },
    { pool_id: password, factors },
    { pool_id, factors: [email, { name: password, type: "password", value: password }] },
    { pool_id, factors: [email, { name: "password", type: password, value: password }] },
    { pool_id, factors: [email, { name: "password", type: "password", value: { password } }] },
    { pool_id, factors: [email, { name: "totp", type: "totp", value: `${password} no base32` }] },
    { pool_id, factors: [email, { name: "magic_code", type: "magic_code", value: password }] },
    { pool_id, factors: [{ name: "password", type: "password", value: password }] },
    { pool_id, factors, metadata: { plan: [password] } },
  ])
    await call("POST", path, bad);
  await call("PUT", `${path}/${details.id}`, { factors });
  await call("GET", `${path}/${details.id}`);
  await call("GET", `${path}?pool_id=${pool_id}`);
  await call("DELETE", `${path}/${details.id}`);
  await call("GET", `${path}/${details.id}`);
  return answered;
}
