import type { Application } from "./applications.ts";
import { type Check, check, type Found, notApplicable } from "./check.ts";
import { endSession } from "./end-session.ts";
import { createFreshCodes } from "./fresh-codes.ts";
import type { Ground } from "./ground.ts";
import { handInCode } from "./hand-in-code.ts";
import { tryLogin } from "./try-login.ts";
import { addIdentity, type RunFound, showIdentity, tryRun } from "./try-run.ts";

/** As long as the right one, and of the same kinds of characters. */
const wrongPassword = "wr0ng-Passw0rd-of-nobody!";
const wrongTotpSecret = "KRUGS43JONXG65DUNBSXEZLB";

const counted = ({ password, code }: { password: number; code: number }) =>
  `${password} password submit${password === 1 ? "" : "s"}, ${code} code submit${code === 1 ? "" : "s"}`;

/**
 * Proves the six points one after the other, a right login between two wrong ones wherever there can be: an
 * application that counts failures in a row must never get to lock the account.
 */
export async function* provePoints(
  ground: Ground,
  app: Application,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const codes = createFreshCodes(signal);
  const right = await addIdentity(ground, app, { name: "right" });
  const hasTotp = app.totpSecret !== null;
  const noTotp = "asks for no second factor";

  yield await check({ point: 1, way: "command" }, async () => {
    await codes.ready("command");
    const result = await tryLogin(ground, app);
    if (result.submits.code > 0) codes.used("command");
    const faults = [
      ...unless(result.outcome === "succeeded", `ended in ${result.code}`),
      ...submitFaults(app, result.submits),
    ];
    return { note: counted(result.submits), faults, decisions: result.decisions };
  });

  yield await check({ point: 1, way: "queue" }, async () => {
    await codes.ready("right");
    const found = await tryRun(ground, app, right);
    if (found.submits.code > 0) codes.used("right");
    const { status } = await showIdentity(ground, right);
    const faults = [
      ...signedInFaults(found),
      ...submitFaults(app, found.submits),
      ...unless(status === "validated", `the identity is ${status}`),
    ];
    return { note: `${counted(found.submits)}, proof seen`, faults, decisions: decisionsOf(found) };
  });

  yield notApplicable(2, "command", "`latchkey login` saves nothing");
  if (app.httpCredentials) yield notApplicable(2, "queue", "HTTP authentication has no session to save");
  else
    yield await check({ point: 2, way: "queue" }, async () => {
      const found = await tryRun(ground, app, right);
      const faults = [
        ...signedInFaults(found),
        ...unless(found.signIn === "saved state reused", `the login stage says “${found.signIn}”`),
      ];
      return { note: "no login, proof seen", faults, decisions: decisionsOf(found) };
    });

  yield await check({ point: 3, way: "command" }, async () => {
    const result = await tryLogin(ground, app, { password: wrongPassword });
    const faults = wrongPasswordFaults(app, result);
    return { note: saidNote(result.siteMessage), faults, decisions: result.decisions };
  });

  if (!hasTotp) yield notApplicable(4, "command", noTotp);
  else
    yield await check({ point: 4, way: "command" }, async () => {
      const result = await tryLogin(ground, app, { totp: wrongTotpSecret });
      return { note: counted(result.submits), faults: wrongCodeFaults(result), decisions: result.decisions };
    });

  yield notApplicable(6, "command", "`latchkey login` saves nothing");
  if (app.httpCredentials) yield notApplicable(6, "queue", "HTTP authentication has no session to end");
  else
    yield await check({ point: 6, way: "queue" }, async () => {
      const how = await endSession(ground, app, right, signal);
      await codes.ready("right");
      const found = await tryRun(ground, app, right);
      if (found.submits.code > 0) codes.used("right");
      const faults = [
        ...signedInFaults(found),
        ...unless(found.submits.password === 1, counted(found.submits)),
        ...unless(found.submits.code <= 2, counted(found.submits)),
      ];
      return { note: `${how}; one new login, proof seen`, faults, decisions: decisionsOf(found) };
    });

  yield await check({ point: 3, way: "queue" }, async () => {
    const wrong = await addIdentity(ground, app, { name: "wrong-password", password: wrongPassword });
    const found = await tryRun(ground, app, wrong);
    const { status, statusReason } = await showIdentity(ground, wrong);
    const faults = [
      ...wrongPasswordFaults(app, endOf(found)),
      ...unless(
        status === "failed" && statusReason === "invalid_credentials",
        `the identity is ${status} (${statusReason})`,
      ),
    ];
    return { note: saidNote(endOf(found).siteMessage), faults, decisions: decisionsOf(found) };
  });

  if (!hasTotp) yield notApplicable(4, "queue", noTotp);
  else
    yield await check({ point: 4, way: "queue" }, async () => {
      const wrong = await addIdentity(ground, app, { name: "wrong-totp", totp: wrongTotpSecret });
      const found = await tryRun(ground, app, wrong);
      return {
        note: counted(found.submits),
        faults: wrongCodeFaults(endOf(found)),
        decisions: decisionsOf(found),
      };
    });

  const { totpSecret } = app;
  if (totpSecret === null) {
    yield notApplicable(5, "command", noTotp);
    yield notApplicable(5, "queue", noTotp);
    return;
  }
  yield await check({ point: 5, way: "command" }, async () => {
    const result = await tryLogin(ground, app, { totp: null });
    const faults = [
      ...unless(result.code === "one_time_code_required", `ended in ${result.code ?? "success"}`),
      ...unless(result.submits.password === 1 && result.submits.code === 0, counted(result.submits)),
    ];
    return { note: "one_time_code_required", faults, decisions: result.decisions };
  });

  yield await check({ point: 5, way: "queue" }, async () => {
    const without = await addIdentity(ground, app, { name: "no-totp", totp: null });
    await codes.ready("by hand");
    const { found, waited } = await handInCode(ground, { ...app, totpSecret }, without, signal);
    const faults = [
      ...unless(waited, "it did not wait for a code"),
      ...signedInFaults(found),
      ...submitFaults(app, found.submits),
    ];
    return { note: "waited for a code, was handed one, proof seen", faults, decisions: decisionsOf(found) };
  });
}

const unless = (holds: boolean, fault: string): string[] => (holds ? [] : [fault]);

const decisionsOf = ({ outcome }: RunFound): Found["decisions"] =>
  outcome.status === "failed" ? outcome.evidence.decisions : undefined;

/** A run's end in the terms of `latchkey login`. */
function endOf({ outcome, submits }: RunFound) {
  if (outcome.status === "succeeded") return { code: null, siteMessage: null, submits };
  return { code: outcome.code, siteMessage: outcome.evidence.siteMessage ?? null, submits };
}

type End =
  | ReturnType<typeof endOf>
  | { code: string | null; siteMessage: string | null; submits: RunFound["submits"] };

/** One password; a code where there is one, and no more. */
function submitFaults({ totpSecret }: Application, submits: RunFound["submits"]): string[] {
  return unless(submits.password === 1 && submits.code === (totpSecret === null ? 0 : 1), counted(submits));
}

/** The flow's page was a signed-in user's, and never the login page. */
function signedInFaults({ outcome }: RunFound): string[] {
  if (outcome.status === "failed") return [`ended in ${outcome.code}: ${outcome.message}`];
  const { proofSeen, passwordAsked, endedOn } = outcome.result;
  return [
    ...unless(proofSeen, `the proof was not seen on ${endedOn}`),
    ...unless(passwordAsked.length === 0, `a password was asked for ${passwordAsked.join(" and ")}`),
  ];
}

function wrongPasswordFaults(
  { wrongPasswordText: text }: Application,
  { code, siteMessage, submits }: End,
): string[] {
  const told = text === undefined || siteMessage?.toLowerCase().includes(text.toLowerCase()) === true;
  return [
    ...unless(code === "invalid_credentials", `ended in ${code ?? "success"}`),
    ...unless(submits.password === 1 && submits.code === 0, counted(submits)),
    ...unless(told, `the site's “${text}” is not in the evidence, but ${saidNote(siteMessage)}`),
  ];
}

function wrongCodeFaults({ code, submits }: End): string[] {
  return [
    ...unless(code === "invalid_one_time_code", `ended in ${code ?? "success"}`),
    ...unless(submits.password === 1 && submits.code >= 1 && submits.code <= 2, counted(submits)),
  ];
}

const saidNote = (message: string | null) => (message === null ? "the site said nothing" : `“${message}”`);
