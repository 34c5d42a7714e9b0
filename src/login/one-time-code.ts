import { createGuardrails, generate } from "otplib";
import { Failure } from "../failure.ts";
import type { OneTimePasswordAlgorithm } from "../identity/types.ts";
import { Secret } from "../secret.ts";
import { pause } from "./pause.ts";

/** Where the time steps already used are remembered, across workers. */
export interface TimeSteps {
  /** The highest step used so far, or null. */
  last(): Promise<number | null>;
  /** True when the step is now this caller's: no one used it, or a later one, before. */
  claim(step: number): Promise<boolean>;
}

export interface CodeSourceOptions {
  authenticator: {
    secret: Secret;
    algorithm: OneTimePasswordAlgorithm;
    digits: number;
    periodSeconds: number;
  };
  steps: TimeSteps;
  /** Epoch milliseconds. */
  now: () => number;
  /** What to add to `now` for the site's clock, in milliseconds; asked at each code. */
  clockOffsetMs?: () => number;
  /** Waits that long, or throws the signal's reason; real time unless given. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Gives a code no one used before, with life left in it. Each call spends a time step. `clockOffsetMs` is added to
 * our clock for the site's, and wins over the option; `neededLifeMs` is how much of a step's life the code needs, where
 * that is more than usual.
 */
export type CodeSource = (
  signal: AbortSignal,
  clockOffsetMs?: number,
  neededLifeMs?: number,
) => Promise<Secret>;

/** Sites hand out secrets of 80 bits, below the 128 that RFC 4226 asks of new ones; they are theirs to choose. */
const guardrails = createGuardrails({ MIN_SECRET_BYTES: 1, MAX_SECRET_BYTES: 256 });

/** A step that ends sooner than this is not typed: the site may check it in the next one. */
const leastLifeMs = 3_000;
const leastLifeShare = 0.1;
const ripeAfterMs = 1_000;
/** Sites' clocks differ by so many steps; a step used further ahead can only come of a clock that was set back. */
const mostStepsAhead = 4;

/**
 * One-time codes of an authenticator (TOTP, RFC 6238). A time step is used once (§5.2), and one about to lapse is
 * left for the next; the wait ends with the signal.
 *
 * Fails with `credentials_missing` when the secret is no base32.
 */
export function createCodeSource({
  authenticator,
  steps,
  now,
  clockOffsetMs = () => 0,
  wait = pause,
}: CodeSourceOptions): CodeSource {
  const periodMs = authenticator.periodSeconds * 1_000;
  // What is known of the site's clock is known to about a second: at a step's very beginning the site may be before it.
  const ripeAfter = Math.min(ripeAfterMs, periodMs / 30);

  return async (signal, offsetMs, neededLifeMs = 0) => {
    const leastLife = Math.min(periodMs / 2, Math.max(leastLifeMs, periodMs * leastLifeShare, neededLifeMs));
    for (;;) {
      signal.throwIfAborted();
      const last = (await steps.last()) ?? -1;
      const time = now() + (offsetMs ?? clockOffsetMs());
      const current = Math.floor(time / periodMs);
      const life = (current + 1) * periodMs - time;
      const step = Math.max(current + (life < leastLife ? 1 : 0), last + 1);
      if (step > current) {
        if (step > current + mostStepsAhead) throw clockSetBack();
        await wait(step * periodMs - time, signal);
        continue;
      }
      const age = time - step * periodMs;
      if (age < ripeAfter) {
        await wait(ripeAfter - age, signal);
        continue;
      }
      if (await steps.claim(step)) return codeAt({ authenticator, step });
    }
  };
}

/**
 * The code that an authenticator app shows at `now` (epoch milliseconds), for somebody to look at. No time step is
 * spent by it: a login of Latchkey's own may use the same one.
 */
export function presentCode({
  authenticator,
  now,
}: Pick<CodeSourceOptions, "authenticator"> & { now: number }): Promise<Secret> {
  return codeAt({ authenticator, step: Math.floor(now / (authenticator.periodSeconds * 1_000)) });
}

async function codeAt({
  authenticator,
  step,
}: {
  authenticator: CodeSourceOptions["authenticator"];
  step: number;
}): Promise<Secret> {
  try {
    return new Secret(
      await generate({
        secret: authenticator.secret
          .reveal()
          .replaceAll(/[\s=-]/g, "")
          .toUpperCase(),
        algorithm: authenticator.algorithm,
        digits: authenticator.digits,
        period: authenticator.periodSeconds,
        epoch: step * authenticator.periodSeconds,
        guardrails,
      }),
    );
  } catch {
    // The library's error may quote the secret; it is not kept.
    throw new Failure("credentials_missing", "The stored authenticator secret is not valid base32.");
  }
}

const clockSetBack = () =>
  new Failure(
    "invalid_one_time_code",
    "The time step last used lies in the future: this machine's clock was set back.",
  );
