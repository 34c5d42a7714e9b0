import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isObject, type PrefactorCheck, type PrefactorGround, pfid } from "./ground.ts";
import { makePool, removePool } from "./pools.ts";

/** The published page's request, but for the pool's id: it shows the fields and their sample values. */
const request = {
  factors: [{ name: "email", type: "email", value: "test@example.com" }],
  metadata: { key: "additional properties" },
};

const userAgent =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/91.0.4472.114 Safari/537.36";
const interaction = { at: 1_234_567_890, remote_ip: "127.0.0.1", user_agent: userAgent };

/** The published page's response, field by field. */
const sample = {
  details: {
    account_id: "013xrzp12g3nqk8n6cyr5x0k8yb10h59",
    claims: {},
    domain_id: "013xrzp12g3nqk8n32sd3jyxq5a8ywe2",
    factors: [
      {
        identifier: true,
        name: "email",
        nid: "013xrzp12g3nqk8ntbjcxw6f8m5m0e7x",
        persistent: true,
        type: "email",
        value: "test@example.com",
        vid: "013xrzp12g3nqk8nntra99f99s9nk5cf",
      },
    ],
    first_seen: interaction,
    id: "013xrzp12g3nqk8n3f5qv5e2r757shwd",
    last_seen: interaction,
    metadata: { key: "additional properties" },
    pool_id: "013xrzp12g3nqk8ng09nmc8kwqzfafa2",
    status: "extant",
    title: "hello@example.com",
    type: "identity",
  },
  status: "success",
};

/** What the page says of a field beside its type. */
const rules: Readonly<Record<string, (value: unknown) => boolean>> = {
  "details.claims": isTexts,
  "details.metadata": isTexts,
  "details.status": (value) => value === "extant" || value === "deleted",
  "details.type": (value) => value === "identity",
  "details.factors.0.type": (value) => value === "email",
  "details.factors.0.name": (value) => value === request.factors[0]?.name,
  "details.factors.0.value": (value) => value === request.factors[0]?.value,
  // Based on the identifier.
  "details.title": (value) => value === request.factors[0]?.value,
  status: (value) => value === "success",
};

export function exampleChecks(): PrefactorCheck[] {
  return [
    {
      name: "the published page's own request, sent with curl, is answered with every field it shows, of its type and rule",
      async run(ground) {
        const pool = await makePool(ground);
        const answer = await curl(ground, { ...request, pool_id: pool.id });
        compare(answer, sample, "");
        assert.equal((answer as typeof sample).details.pool_id, pool.id);
        assert.deepEqual((answer as typeof sample).details.metadata, request.metadata);
        await removePool(ground, pool);
      },
    },
  ];
}

async function curl({ url, key }: PrefactorGround, body: object): Promise<unknown> {
  const args = [
    "--silent",
    "--show-error",
    "--fail-with-body",
    "--request",
    "POST",
    `${url}/api/v1/identity`,
  ];
  const headers = ["--header", "Content-Type: application/json", "--data", JSON.stringify(body)];
  const running = promisify(execFile)("curl", ["--config", "-", ...args, ...headers]);
  // Not among the arguments, which every user of the machine can read.
  running.child.stdin?.end(`header = "Authorization: Bearer ${key}"\n`);
  return JSON.parse((await running).stdout);
}

/** Every field of the sample, and no other, of the same type; ids are PFIDs; what is not yet seen is null. */
function compare(value: unknown, shown: unknown, path: string): void {
  const rule = rules[path];
  if (rule !== undefined) return assert(rule(value), `${path}: ${JSON.stringify(value)}`);
  if (value === null && path.endsWith("_seen")) return;
  assert.equal(typeof value, typeof shown, path);
  if (Array.isArray(shown)) {
    assert(Array.isArray(value) && value.length === shown.length, path);
    shown.forEach((one, index) => compare(value[index], one, `${path}.${index}`));
  } else if (isObject(shown)) {
    assert(isObject(value), path);
    assert.deepEqual(Object.keys(value).toSorted(), Object.keys(shown).toSorted(), path);
    for (const [name, one] of Object.entries(shown))
      compare(value[name], one, path === "" ? name : `${path}.${name}`);
  } else if (pfid.test(String(shown))) {
    assert.match(String(value), pfid, path);
  }
}

function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}
