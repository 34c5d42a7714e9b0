import assert from "node:assert/strict";

interface Secrets {
  password: string;
  /** An `otpauth:` URI. */
  totp: string;
  /** A hash, as one is imported. */
  hash: string;
  backupCode: string;
}

/**
 * Everything that brings a secret to the Kratos dialect, well and badly: imported passwords, hashes, authenticators and
 * codes. Gives what the server answered, but for the answers that are secrets, and those for their own sake.
 */
export async function callKratos({
  url,
  apiKey,
  secrets: { password, totp, hash, backupCode },
}: {
  url: string;
  apiKey: string;
  secrets: Secrets;
}): Promise<{ answered: string[]; handedOut: Record<string, string> }> {
  const answered: string[] = [];
  const call = async <T>(method: string, path: string, body?: unknown, isSecret = false): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!isSecret || !response.ok) answered.push(text);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };

  const path = "/admin/identities";
  const body = (name: string, credentials: object) => ({
    schema_id: "preset://email",
    traits: { email: `${name}@larch.example` },
    credentials,
  });
  const second = {
    totp: { config: { totp_url: totp } },
    lookup_secret: { config: { codes: [{ code: backupCode }] } },
  };
  const plain = { password: { config: { password } }, ...second };
  const { id } = await call<{ id: string }>("POST", path, body("by-kratos", plain));
  const hashed = { password: { config: { hashed_password: hash } } };
  const { id: other } = await call<{ id: string }>("POST", path, body("hashed-by-kratos", hashed));
  assert.notEqual(id, other);
  for (const bad of [
    body("by-kratos", plain),
    { ...body("x", plain), [password]: password },
    { ...body("x", plain), schema_id: 7 },
    { ...body("x", plain), state: "asleep" },
    { ...body("x", plain), traits: {} },
    body("x", { password: { config: { password: { password } } } }),
    body("x", { password: { config: { hashed_password: password } } }),
    body("x", { password: { config: { hashed_password: `${hash}${password}` } } }),
    body("x", { totp: { config: { totp_url: `otpauth://totp/x?secret=${password}` } } }),
    body("x", { totp: { config: { totp_url: password } } }),
    body("x", { lookup_secret: { config: { codes: [backupCode] } } }),
  ])
    await call("POST", path, bad);
  const identities = [{ create: body("in-a-batch", plain) }, { create: body("in-a-batch", plain) }];
  await call("PATCH", path, { identities });
  const at = `${path}/${id}`;
  await call("PUT", at, body("by-kratos", plain));
  await call("PATCH", at, [
    { op: "replace", path: "/credentials/password/config", value: { password } },
    { op: "replace", path: "/credentials/totp/config/totp_url", value: password },
  ]);
  await call("PATCH", at, [{ op: "test", path: `/${encodeURIComponent("x")}`, value: password }]);
  for (const read of [at, path, `${path}?credentials_identifier=by-kratos@larch.example`])
    await call("GET", read);
  const included = "?include_credential=password&include_credential=totp&include_credential=lookup_secret";
  const shown = await call<{ credentials: { password: { config: { hashed_password: string } } } }>(
    "GET",
    `${at}${included}`,
    undefined,
    true,
  );
  await call("DELETE", `${at}/credentials/lookup_secret`);
  await call("DELETE", at);
  return {
    answered,
    handedOut: { "a password's hash": shown.credentials.password.config.hashed_password },
  };
}
