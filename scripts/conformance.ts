import { parseArgs } from "node:util";
import { practiceUsers, startPracticeSite } from "../practice/site.ts";
import { anchorChecks } from "./conformance/anchor/checks.ts";
import { createGround } from "./conformance/anchor/ground.ts";
import { runChecks, summary, type Tally } from "./conformance/check.ts";
import { kratosChecks } from "./conformance/kratos/checks.ts";
import { createGround as createKratosGround } from "./conformance/kratos/ground.ts";
import { startOwnServer } from "./conformance/own-server.ts";
import { prefactorChecks } from "./conformance/prefactor/checks.ts";
import { createGround as createPrefactorGround } from "./conformance/prefactor/ground.ts";

interface Server {
  url: string;
  key: string;
  readKey?: string;
  strangerKey?: string;
}

const print = (line: string) => process.stdout.write(`${line}\n`);

/** The checks of each API, by its name. */
const apis: Readonly<Record<string, (server: Server) => Promise<Tally>>> = {
  async anchor(server) {
    const [user, other] = practiceUsers;
    await using site = await startPracticeSite();
    return await runChecks(anchorChecks(), createGround({ ...server, site, user, other }), print);
  },
  async kratos(server) {
    const [user, other] = practiceUsers;
    await using site = await startPracticeSite();
    return await runChecks(kratosChecks(), createKratosGround({ ...server, site, user, other }), print);
  },
  async prefactor(server) {
    const [user] = practiceUsers;
    await using site = await startPracticeSite();
    return await runChecks(prefactorChecks(), createPrefactorGround({ ...server, site, user }), print);
  },
};

const usage = `node scripts/conformance.ts ${Object.keys(apis).join("|")} [--url URL --key KEY] [--read-key KEY] [--stranger-key KEY]

Holds a server to the API of another service, as that service's clients speak it: one of this checkout's own, or the
one at --url with a key of scope admin. --read-key and --stranger-key (of another project) let more be looked at.
The server has to reach a practice site on this machine's loopback.
`;

async function onOwnServer(check: (server: Server) => Promise<Tally>): Promise<Tally> {
  await using server = await startOwnServer();
  return await check({
    url: server.url,
    key: await server.addKey("admin"),
    readKey: await server.addKey("read"),
    strangerKey: await server.addKey("admin", "another"),
  });
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: "string" },
    key: { type: "string" },
    "read-key": { type: "string" },
    "stranger-key": { type: "string" },
  },
});
const { url, key, "read-key": readKey, "stranger-key": strangerKey } = values;

const [name = "", ...more] = positionals;
const check = Object.hasOwn(apis, name) ? apis[name] : undefined;

if (check === undefined || more.length > 0 || (url === undefined) !== (key === undefined)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const tally =
    url === undefined || key === undefined
      ? await onOwnServer(check)
      : await check({
          url: url.replace(/\/$/, ""),
          key,
          ...(readKey === undefined ? {} : { readKey }),
          ...(strangerKey === undefined ? {} : { strangerKey }),
        });
  print(summary(tally));
  process.exitCode = tally.failed === 0 ? 0 : 1;
}
