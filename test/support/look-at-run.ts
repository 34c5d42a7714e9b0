import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket } from "ws";

/** Looks at a run as a viewer's page does, until something is shown. @returns the token of the link */
export async function lookAtRun({
  url,
  apiKey,
  runId,
}: {
  url: string;
  apiKey: string;
  runId: string;
}): Promise<string> {
  const made = await fetch(`${url}/v1/runs/${runId}/live`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ scope: "view" }),
  });
  const { url: link } = (await made.json()) as { url: string };
  const token = new URL(link).searchParams.get("token") ?? "";
  assert.equal((await fetch(`${url}/live/${runId}?token=${token}`)).status, 200);
  assert.equal((await fetch(`${url}/live/${runId}?token=${token}x`)).status, 404);
  const address = `${url.replace("http", "ws")}/live/${runId}/socket`;
  const socket = new WebSocket(address, ["latchkey.live", token], { origin: url });
  let state: string | undefined;
  while (state === undefined) {
    const [data] = (await once(socket, "message")) as [Buffer];
    ({ state } = JSON.parse(data.toString()) as { state?: string });
  }
  // It is the login that is shown nobody.
  assert.equal(state, "signing_in");
  socket.close();
  await once(socket, "close");
  return token;
}
