import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket } from "ws";

interface Secrets {
  username: string;
  password: string;
  /** An `otpauth:` URI. */
  totp: string;
  custom: string;
  signalled: string;
  proxyPassword: string;
}

/**
 * Everything that brings a secret to the Anchor dialect, well and badly: identities, credentials, a token, an event,
 * sessions. Gives what the server answered, but for the answers that are secrets, and those for their own sake.
 */
export async function callAnchor({
  url,
  apiKey,
  siteUrl,
  secrets,
}: {
  url: string;
  apiKey: string;
  siteUrl: string;
  secrets: Secrets;
}): Promise<{ answered: string[]; handedOut: Record<string, string> }> {
  const { username, password, totp, custom, signalled, proxyPassword } = secrets;
  const answered: string[] = [];
  const call = async <T>(method: string, path: string, body?: unknown, isSecret = false): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "anchor-api-key": apiKey, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!isSecret || !response.ok) answered.push(text);
    return JSON.parse(text) as T;
  };

  const credentials = [
    { type: "username_password", username, password },
    { type: "authenticator", secret: totp },
    { type: "custom", fields: [{ name: "pin", value: custom }] },
  ];
  const source = `${siteUrl}/`;
  const { id, status } = await call<{ id: string; status: string }>(
    "POST",
    "/v1/identities?validateAsync=false",
    { source, credentials, name: "by Anchor's API" },
  );
  assert.equal(status, "validated");
  for (const bad of [
    { source: `https://${encodeURIComponent(password)}@larch.example/`, credentials },
    { source, credentials: [{ type: password, username, password }] },
    { source, credentials: [{ type: "username_password", username, password: { password } }] },
    { source, credentials: [{ type: "authenticator", secret: `${password} no base32` }] },
    { source, credentials: [credentials[0], credentials[0]] },
  ])
    await call("POST", "/v1/identities", bad);
  await call("PUT", `/v1/identities/${id}`, { credentials, metadata: { plan: "pro" } });
  await call("GET", `/v1/identities/${id}`);
  const shown = await call<{ credentials: unknown[] }>(
    "GET",
    `/v1/identities/${id}/credentials`,
    undefined,
    true,
  );
  assert.equal(shown.credentials.length, 3);
  await call("POST", `/v1/identities/${id}/reauthenticate`, { sync: true });

  const { applications } = await call<{ applications: { id: string }[] }>("GET", "/v1/applications");
  const { token } = await call<{ token: string }>(
    "POST",
    `/v1/applications/${applications[0]?.id}/tokens`,
    { callbackUrl: "https://app.example/back" },
    true,
  );
  await call("POST", "/v1/events/code", { data: { code: signalled } });

  const proxy = {
    active: true,
    type: "custom",
    server: "http://127.0.0.1:1",
    username: "proxied",
    password: proxyPassword,
  };
  const { data } = await call<{ data: { id: string; cdp_url: string; live_view_url: string } }>(
    "POST",
    "/v1/sessions",
    { session: { proxy } },
    true,
  );
  await call("GET", `/v1/sessions/${data.id}`);
  await call("GET", "/v1/sessions");
  for (const key of [apiKey, new URL(data.cdp_url).searchParams.get("apiKey") ?? ""]) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/?apiKey=${key}&sessionId=${data.id}`);
    await once(socket, "open");
    socket.close();
    await once(socket, "close");
  }
  await call("DELETE", `/v1/sessions/${data.id}`);
  return {
    answered,
    handedOut: {
      adminKey: apiKey,
      connectToken: token,
      cdpToken: new URL(data.cdp_url).searchParams.get("apiKey") ?? "",
      liveToken: new URL(data.live_view_url).searchParams.get("token") ?? "",
    },
  };
}
