import { z } from "zod";
import type { LoginDecision } from "../../src/outcome.ts";
import type { Application } from "./applications.ts";
import type { Ground } from "./ground.ts";
import { type Credentials, credentialsOf } from "./try-login.ts";

const identity = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  statusReason: z.string().nullable(),
});
export type ProofIdentity = z.infer<typeof identity>;

/** Stores an identity of the application's user. */
export async function addIdentity(
  ground: Ground,
  app: Application,
  { name, ...given }: Credentials & { name: string },
): Promise<ProofIdentity> {
  const args = [
    "identities",
    "add",
    "--name",
    `${app.name}-${name}`,
    "--url",
    app.loginUrl,
    "--credentials-stdin",
  ];
  return identity.parse(await ground.latchkey(args, { stdin: credentialsOf(app, given) }));
}

export async function showIdentity(ground: Ground, { id }: ProofIdentity): Promise<ProofIdentity> {
  return identity.parse(await ground.latchkey(["identities", "show", id]));
}

const run = z.object({
  stages: z.array(z.object({ name: z.string(), detail: z.string().optional() })),
  outcome: z.discriminatedUnion("status", [
    z.object({
      status: z.literal("succeeded"),
      result: z.object({
        proofSeen: z.boolean(),
        passwordAsked: z.array(z.string()),
        endedOn: z.string(),
      }),
    }),
    z.object({
      status: z.literal("failed"),
      code: z.string(),
      message: z.string(),
      evidence: z.object({
        siteMessage: z.string().optional(),
        decisions: z.array(z.custom<LoginDecision>()).optional(),
      }),
    }),
  ]),
});

export interface RunFound extends z.infer<typeof run> {
  /** How it came to be signed in, in the run's own words. */
  signIn: string;
  submits: { password: number; code: number };
}

/** The flow's run through the queue, to its end. */
export async function tryRun(ground: Ground, app: Application, who: ProofIdentity): Promise<RunFound> {
  return readRun(ground, who, await submit(ground, app, who, ["--watch"]));
}

/** Queues the flow's run. @returns its id */
export async function submit(
  ground: Ground,
  { loggedInProof: proof }: Application,
  { id }: ProofIdentity,
  more: string[] = [],
): Promise<string> {
  const args = ["submit", "prove/look", "--identity", id, "--input", JSON.stringify({ proof }), ...more];
  return z.object({ runId: z.string() }).parse(await ground.latchkey(args)).runId;
}

/** A run that has ended. */
export async function readRun(ground: Ground, who: ProofIdentity, runId: string): Promise<RunFound> {
  const found = run.parse(await ground.latchkey(["runs", runId]));
  const signIn = found.stages.find(({ name }) => name === "login")?.detail ?? "";
  return { ...found, signIn, submits: submitsOf(ground, who, signIn) };
}

/** A login that worked says it in its stage; of one that failed the worker's log tells. */
function submitsOf(ground: Ground, { id }: ProofIdentity, signIn: string): RunFound["submits"] {
  const [, password, code] = /\((\d+) password, (\d+) code\)/.exec(signIn) ?? [];
  if (password !== undefined && code !== undefined) return { password: Number(password), code: Number(code) };
  const failed = ground
    .logged()
    .findLast((line) => line["msg"] === "login failed" && line["identity"] === id);
  const told = z.object({ submits: z.object({ password: z.number(), code: z.number() }) }).safeParse(failed);
  return told.success ? told.data.submits : { password: 0, code: 0 };
}
