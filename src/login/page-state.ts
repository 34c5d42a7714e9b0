import { findCodeForm, type Progress } from "./code-form.ts";
import { type Form, formsOf } from "./form.ts";
import { type Judgement, judgeSignedIn } from "./judge-signed-in.ts";
import { isLoginAddress } from "./login-address.ts";
import { findPasswordForm, findUsernameForm, type SignInForm } from "./sign-in-form.ts";
import type { Act, History, Situation } from "./situation.ts";

/** How the page reads, worked out once for all rules. */
export interface PageState {
  forms: Form[];
  passwordForm: SignInForm | null;
  usernameForm: SignInForm | null;
  codeForm: SignInForm | null;
  judgement: Judgement;
  lastAct: Act | undefined;
  lastSubmit: Act | undefined;
  submits: number;
  /** Times the site was given the passkey's signature: once at most. */
  passkeyUses: number;
  /** The main document is another than when the engine last did something. */
  documentChanged: boolean;
  /** The site answered what was last done: with another document, or with data. */
  answered: boolean;
  /** Nothing is on its way, and the page stands still. */
  settled: boolean;
  /** The address is that of a page credentials were typed on, or speaks of signing in. */
  onLoginPage: boolean;
  onSourceHost: boolean;
  /** The page is the source page, as far as its address tells. */
  atSource: boolean;
}

/** So long nothing may have happened before a page counts as complete. */
const settledMs = 200;

const states = new WeakMap<Situation, PageState>();

/** How the page reads. Pure: the same situation always reads the same. */
export function stateOf(situation: Situation): PageState {
  const known = states.get(situation);
  if (known !== undefined) return known;
  const state = readState(situation);
  states.set(situation, state);
  return state;
}

function readState({ snapshot, history, has, sourceUrl }: Situation): PageState {
  const forms = formsOf(snapshot);
  const lastAct = history.acts.at(-1);
  const lastSubmit = history.acts.findLast((act) => act.kind === "submit");
  const main = snapshot.frames[0];
  const documentChanged =
    lastAct !== undefined && main !== undefined && lastAct.documentId !== main.documentId;
  const { activity } = snapshot;
  const progress = progressOf(history, has);
  const passkeyUses = history.acts.filter(
    ({ kind, what }) => kind === "submit" && what.includes("passkey"),
  ).length;
  const atSource = snapshot.url === sourceUrl;
  return {
    forms,
    passwordForm: findPasswordForm(forms),
    usernameForm: findUsernameForm(forms),
    codeForm: findCodeForm(forms, progress),
    judgement: judgeSignedIn({ snapshot, sourceUrl, progress }),
    lastAct,
    lastSubmit,
    submits: history.passwordSubmits + history.codeSubmits + history.usernameSubmits + passkeyUses,
    passkeyUses,
    documentChanged,
    answered:
      documentChanged || activity.answers.some((answer) => answer.write || answer.kind === "document"),
    settled:
      !activity.navigating &&
      activity.pendingWrites === 0 &&
      activity.pendingReads === 0 &&
      (main?.readyState === "complete" || activity.quietMs > 3_000) &&
      activity.quietMs >= settledMs &&
      activity.stillMs >= settledMs,
    onLoginPage:
      isLoginAddress(snapshot.url) ||
      history.acts.some(({ kind, url }) => kind === "submit" && url === snapshot.url),
    onSourceHost: URL.parse(snapshot.url)?.host === URL.parse(sourceUrl)?.host,
    atSource,
  };
}

/** How far the login has come. Who has no password has given all there is to give first with the user name. */
export function progressOf(
  { passwordSubmits, usernameSubmits, acts }: History,
  has: Situation["has"],
): Progress {
  return {
    afterPassword: passwordSubmits > 0 || (usernameSubmits > 0 && !has.password),
    afterCode: acts.at(-1)?.what.includes("code") === true,
  };
}

/** Every line of text the page says. */
export function linesOf({ snapshot }: Situation): string[] {
  return snapshot.frames.flatMap((frame) => [
    ...frame.messages.map((message) => message.text),
    ...frame.headings,
    ...frame.texts,
  ]);
}

/** A short description of a page without a form: its title and headings. */
export function describePage({ snapshot }: Situation): string {
  const headings = snapshot.frames.flatMap((frame) => frame.headings).slice(0, 2);
  const name = [snapshot.title, ...headings].filter(Boolean).join(" / ");
  const fields = snapshot.frames.flatMap((frame) => frame.fields.filter((field) => field.shown)).length;
  return `${name === "" ? "a page without a title" : `the page “${name.slice(0, 100)}”`}${fields === 0 ? " without fields" : ""}`;
}
