import type { FailureCode } from "../failure.ts";
import type { OutOfBandRequest } from "./out-of-band.ts";
import type { LoginCredentials } from "./site.ts";
import type { PageSnapshot } from "./snapshot.ts";

/** Everything a decision rests on. Plain JSON: what `--save-snapshot` stores, and what a replay decides on again. */
export interface Situation {
  snapshot: PageSnapshot;
  history: History;
  has: LoginCredentials["has"];
  /** Without query and fragment. */
  sourceUrl: string;
  /** The site brings its own check of being signed in: only it is believed. */
  ownCheck: boolean;
}

/** What happened in this login so far. */
export interface History {
  passwordSubmits: number;
  codeSubmits: number;
  usernameSubmits: number;
  /** A code came another way and has not been submitted yet. */
  codeInHand: boolean;
  /** Times the source page was looked at to see whether the login worked. */
  looks: number;
  /** What the last look at the source page found; forgotten with the next act. */
  lookedSignedIn: boolean | null;
  /** What the site still asked for when it was left to look at the source page; forgotten with the next act. */
  askedAgain: "password" | "code" | null;
  /** Acts done, oldest first. */
  acts: Act[];
}

export interface Act {
  kind: "submit" | "click" | "open_again" | "open_link";
  /** What was submitted, or what the click was for. */
  what: Purpose[] | ClickPurpose | "open_again" | "open_link";
  /** The text of the button or link. */
  control: string;
  /** The main document when it was done, and the messages it showed: what is new afterwards is an answer. */
  documentId: number;
  messages: string[];
  url: string;
}

/** `passkey`: what a site was given is a signature, and it asked the browser for it. */
export type Purpose = "username" | "password" | "code" | "passkey" | "custom";
export type ClickPurpose = "sign_in" | "method" | "passkey" | "dismiss" | "continue" | "consent";

/** What to put in which field. `part`: the how-manieth of several boxes that hold one code. */
export interface Fill {
  ref: string;
  value: "username" | "password" | "code" | { custom: string };
  part?: number;
}

export type Action =
  | { kind: "submit"; fills: Fill[]; tick: string[]; button: string | null; what: Purpose[] }
  /** Open the page the login begins at once more. */
  | { kind: "open_again" }
  /** Open the source page again and answer its HTTP challenge. */
  | { kind: "answer_http" }
  | { kind: "click"; control: string; what: ClickPurpose }
  /** Press what makes the site ask the browser for a passkey; a user name beside it is typed first. */
  | { kind: "use_passkey"; control: string; fills: Fill[] }
  /** What the site sent another way is needed: a code to be submitted next, or a link that is opened at once. */
  | { kind: "await_out_of_band"; request: OutOfBandRequest }
  /** The page is not ready, or has not answered: look again when something changes. */
  | { kind: "wait" }
  /** Look at the source page: it tells whether the login worked. */
  | { kind: "look" }
  | { kind: "signed_in" }
  | { kind: "fail"; code: FailureCode; message: string; siteMessage?: string; retryAfterMs?: number };

/** One decision with its grounds, in words a support engineer understands. */
export interface Decision {
  /** The name of the rule that decided. */
  rule: string;
  saw: string;
  /** What is done, in words. */
  doing: string;
  reason: string;
  action: Action;
}

/** Decides, or leaves it to the rules after it. */
export type Rule = (situation: Situation) => Omit<Decision, "rule"> | undefined;
