import type { Secret } from "../secret.ts";
import type { Activity } from "./activity.ts";
import { addressOf } from "./address.ts";
import type { IsAllowed } from "./allowed-origin.ts";
import type { HeldPasskey } from "./hold-passkey.ts";
import { linesOf } from "./page-state.ts";
import type { LoginRequest, Report } from "./request.ts";
import type { Act, History, Purpose, Situation } from "./situation.ts";
import type { ControlSnapshot, PageSnapshot } from "./snapshot.ts";

/** A login by rules under way. */
export interface Attempt {
  request: LoginRequest;
  report: Report;
  isAllowed: IsAllowed;
  activity: Activity;
  history: History;
  /** What came another way, until it is typed. */
  codeInHand: Secret | undefined;
  /** The passkey in the browser, where there is one. */
  passkey: HeldPasskey | undefined;
  /** From the first submit to the end of the login. */
  declineChallenges: () => Promise<unknown>;
}

/** What a decision on this page rests on. */
export function situationOf({
  request: { credentials, sourceUrl, site },
  history,
  snapshot,
}: {
  request: LoginRequest;
  history: History;
  snapshot: PageSnapshot;
}): Situation {
  return {
    snapshot,
    history: structuredClone(history),
    has: credentials.has,
    sourceUrl: addressOf(sourceUrl),
    ownCheck: site?.signedIn !== undefined,
  };
}

export function newHistory(): History {
  return {
    passwordSubmits: 0,
    codeSubmits: 0,
    usernameSubmits: 0,
    codeInHand: false,
    looks: 0,
    lookedSignedIn: null,
    askedAgain: null,
    acts: [],
  };
}

/** The button or link behind a reference. */
export function controlOf({ snapshot }: Situation, ref: string | null): ControlSnapshot | undefined {
  return snapshot.frames.flatMap((frame) => frame.controls).find((control) => control.ref === ref);
}

/** Counts a submit, in the history the rules see and in the report. */
export function count({
  what,
  history,
  report,
}: {
  what: Purpose[];
  history: History;
  report: Report;
}): void {
  if (what.includes("password")) {
    history.passwordSubmits += 1;
    report.submits.password += 1;
  }
  if (what.includes("code")) {
    history.codeSubmits += 1;
    report.submits.code += 1;
  }
  if (what.includes("username") && !what.includes("password")) history.usernameSubmits += 1;
}

/** Notes an act: what is new on the page afterwards is its answer. */
export function remember({
  history,
  situation,
  kind,
  what,
  ref,
}: {
  history: History;
  situation: Situation;
  kind: Act["kind"];
  what: Act["what"];
  ref: string | null;
}): void {
  const control = controlOf(situation, ref);
  history.lookedSignedIn = null;
  history.askedAgain = null;
  history.acts.push({
    kind,
    what,
    control: control?.text ?? "",
    documentId: situation.snapshot.frames[0]?.documentId ?? 0,
    messages: linesOf(situation),
    url: situation.snapshot.url,
  });
}
