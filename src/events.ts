import type { FailureCode } from "./failure.ts";
import type { Artifact, LoginDecision, Outcome, StageName } from "./outcome.ts";

/** How a site sends what the login page cannot give: out of band, in the words of NIST SP 800-63B. */
export type OutOfBandChannel = "email" | "sms" | "push" | "unknown";

/** Who gave a one-time code: the identity's own authenticator, or else somebody who handed it in, or a mailbox. */
export type CodeOrigin = "authenticator" | "out_of_band";

/** What a login waits for, and until when. */
export interface WaitingForCode {
  channel: OutOfBandChannel;
  expects: "code" | "link" | "either";
  /** ISO 8601. */
  until: string;
  /** What the site says of it, without what is secret. */
  siteMessage?: string;
  /** Where it is expected to arrive: the identity's e-mail address, masked; there where it is e-mailed and there is one. */
  sentTo?: string;
}

/** What happens in a run, as told to whoever watches it. Holds no secret; stored in `run_events`. */
export type RunEvent =
  | { type: "queued" }
  /** A worker took the run up. */
  | { type: "started"; attempt: number; worker: string }
  /** The identity is held by another run; this one waits its turn without spending an attempt. */
  | { type: "deferred"; reason: string; delayMs: number }
  | { type: "stage"; stage: StageName; status: "started" }
  /** `failed` is there, and true, where the stage threw. */
  | { type: "stage"; stage: StageName; status: "ended"; durationMs: number; detail?: string; failed?: true }
  | { type: "decision"; decision: LoginDecision }
  /** The session is signed in, by its saved state, a login, or the provider it comes from; or the login failed, with this code. */
  | {
      type: "login";
      result: "saved_state" | "signed_in" | "provider" | FailureCode;
      submits: { password: number; code: number };
      /** Of the last code that was given to the site; absent where none was. */
      codeOf?: CodeOrigin;
    }
  /** The login needs a code or link that the site sends another way, and waits for it to be handed in. */
  | ({ type: "waiting_for_code" } & WaitingForCode)
  | { type: "code_received"; kind: "code" | "link" }
  | { type: "step"; name: string; status: "started" }
  | { type: "step"; name: string; status: "ended" | "failed"; durationMs: number }
  | { type: "artifact"; artifact: Artifact }
  /** The attempt failed with a retryable code; the run goes back to the queue. */
  | { type: "retrying"; code: FailureCode; attempt: number; delayMs: number }
  /** The worker stops; the run goes back to the queue, unspent. */
  | { type: "returned"; reason: string }
  | { type: "outcome"; outcome: Outcome };

/** Receives a run's events. Must not throw and must not be awaited: a watcher never slows or breaks a run. */
export type EmitRunEvent = (event: RunEvent) => void;
