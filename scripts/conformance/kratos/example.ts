import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type KratosCheck, type KratosGround, time, uuid } from "./ground.ts";

/** The published page's request, as it stands there. */
const data = `{
"schema_id": "preset://email",
"traits": {
"email": "docs@example.org"
}
}`;

/** The published page's response. */
const sample = {
  id: "e01b5f2f-6afc-4194-8578-4cebcf69a4d5",
  schema_id: "preset://email",
  schema_url: "https://playground.projects.oryapis.com/schemas/cHJlc2V0Oi8vZW1haWw",
  state: "active",
  state_changed_at: "2022-02-24T13:38:05.27510048Z",
  traits: { email: "docs@example.org" },
  verifiable_addresses: [
    {
      id: "c6cea2a7-f419-42fe-a610-456bea02aab5",
      value: "docs@example.org",
      verified: false,
      via: "email",
      status: "pending",
      created_at: "2022-02-24T13:38:05.28581Z",
      updated_at: "2022-02-24T13:38:05.28581Z",
    },
  ],
  recovery_addresses: [
    {
      id: "21ff90e1-a9a9-491e-8194-774172420989",
      value: "docs@example.org",
      via: "email",
      created_at: "2022-02-24T13:38:05.29565Z",
      updated_at: "2022-02-24T13:38:05.29565Z",
    },
  ],
  created_at: "2022-02-24T13:38:05.27892Z",
  updated_at: "2022-02-24T13:38:05.27892Z",
};

export function exampleChecks(): KratosCheck[] {
  return ["/admin/identities", "/identities"].map((path) => ({
    name: `the published page's own request to ${path}, sent with curl, is answered with every field it shows, of its type and rule`,
    async run(ground) {
      const answer = await curl(ground, path);
      compare(answer, sample, "");
      await ground.api().deleteIdentity({ id: (answer as typeof sample).id });
    },
  }));
}

async function curl({ url, key }: KratosGround, path: string): Promise<unknown> {
  const running = promisify(execFile)("curl", [
    // The token is not among the arguments, which every user of the machine can read.
    "--config",
    "-",
    "--request",
    "POST",
    "-sL",
    "--header",
    "Content-Type: application/json",
    "--data",
    data,
    `${url}${path}`,
  ]);
  running.child.stdin?.end(`header = "Authorization: Bearer ${key}"\n`);
  return JSON.parse((await running).stdout);
}

/** Every key of the sample is there: an id where it has one, a time where it has one, the same URL but for its host. */
function compare(value: unknown, shown: unknown, path: string): void {
  if (Array.isArray(shown)) {
    assert(Array.isArray(value) && value.length === shown.length, path);
    for (const [index, one] of shown.entries()) compare(value[index], one, `${path}.${index}`);
  } else if (typeof shown === "object" && shown !== null) {
    assert(typeof value === "object" && value !== null, path);
    for (const [name, one] of Object.entries(shown)) {
      assert(name in value, `${path}.${name} is missing`);
      compare((value as Record<string, unknown>)[name], one, `${path}.${name}`);
    }
  } else if (typeof shown === "string") {
    assert(typeof value === "string", path);
    if (uuid.test(shown)) assert.match(value, uuid, path);
    else if (time.test(shown)) assert.match(value, time, path);
    else if (URL.canParse(shown) && shown.startsWith("https:"))
      assert.equal(new URL(value).pathname, new URL(shown).pathname, path);
    else assert.equal(value, shown, path);
  } else assert.equal(value, shown, path);
}
