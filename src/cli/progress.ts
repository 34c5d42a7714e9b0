import yoctoSpinner, { type Spinner } from "yocto-spinner";
import type { RunEvent } from "../events.ts";
import { duration, size } from "./format.ts";
import { createStyle } from "./style.ts";

/** Shows a run as it goes: a spinner and ticks in a terminal, plain lines in a pipe. Its outcome is the caller's to show. */
export interface Progress extends Disposable {
  show(event: RunEvent): void;
  /** Leaves the terminal as it was, whatever happened. */
  end(): void;
}

export interface ProgressOptions {
  /** Shows nothing. */
  quiet?: boolean;
  /** Aborted by Ctrl-C: from then on nothing turns, for a second one may end the process where it stands. */
  interrupted?: AbortSignal;
  /** The run that is shown: names it in what can be done for it. */
  runId?: string;
  /** Codes are asked for on this terminal. */
  asks?: boolean;
}

const stageText = {
  identity: "identity",
  session: "browser",
  login: "login",
  flow: "flow",
  save: "saved state",
} as const;
const nameWidth = 24;
const timeWidth = 8;

export function createProgress(stream: NodeJS.WriteStream, options: ProgressOptions = {}): Progress {
  const { quiet = false, interrupted, runId, asks = false } = options;
  const { dim, green, red, yellow, cyan } = createStyle(stream);
  const spinner: Spinner | undefined =
    !quiet && stream.isTTY && process.env["TERM"] !== "dumb"
      ? yoctoSpinner({ stream, handleSignals: false })
      : undefined;

  let failed: (() => void) | undefined;

  function line(mark: string, text: string, note = ""): void {
    spinner?.stop();
    const padded = note === "" ? text : `${text.padEnd(nameWidth)}  ${dim(note)}`;
    if (!quiet) stream.write(`  ${mark} ${padded}\n`);
  }

  function working(text: string): void {
    if (spinner === undefined || interrupted?.aborted === true) return;
    // A line that wraps would leave its first part behind.
    const short = text.slice(0, Math.max(1, stream.columns - 6));
    if (spinner.isSpinning) spinner.text = short;
    else spinner.start(short);
  }

  function show(event: RunEvent): void {
    // A stage that only found the identity taken has not failed: the run waits for its turn.
    if (event.type !== "deferred") failed?.();
    failed = undefined;
    switch (event.type) {
      case "queued":
        line(dim("·"), "queued");
        return working("waiting for a worker");
      case "started":
        line(dim("·"), event.attempt === 1 ? "started" : `started, attempt ${event.attempt}`, event.worker);
        return;
      case "deferred":
        line(yellow("…"), "waiting for its turn", event.reason);
        return working("waiting for its turn");
      case "stage": {
        const text = stageText[event.stage];
        if (event.status === "started") return working(text);
        const note = `${timed(event)}  ${event.detail ?? ""}`.trimEnd();
        if (event.failed !== true) return line(green("✓"), text, note);
        failed = () => line(red("✗"), text, note);
        return;
      }
      case "decision":
        return working(`login: ${event.decision.action}`);
      case "waiting_for_code": {
        const hint = asks ? undefined : `latchkey code${runId === undefined ? "" : ` ${runId.slice(0, 8)}`}`;
        line(
          yellow("?"),
          askedFor(event),
          [event.siteMessage, event.sentTo && `to ${event.sentTo}`, hint].filter(Boolean).join("  "),
        );
        // Where it is asked for on this terminal, nothing turns beside the question.
        return asks ? undefined : working(`waiting for ${askedFor(event)}`);
      }
      case "login":
        // The stage tells it.
        return;
      case "code_received":
        return line(green("✓"), `${event.kind} received`);
      case "step":
        if (event.status === "started") return working(event.name);
        return line(event.status === "ended" ? cyan("›") : red("✗"), `  ${event.name}`, timed(event));
      case "artifact":
        return line(
          cyan("↓"),
          `  ${event.artifact.name}`,
          `${size(event.artifact.bytes).padStart(timeWidth)}  ${event.artifact.kind}`,
        );
      case "retrying":
        line(yellow("↻"), `attempt ${event.attempt} follows`, `${event.code}, in ${duration(event.delayMs)}`);
        return working(`waiting for attempt ${event.attempt}`);
      case "returned":
        line(yellow("↻"), "back to the queue", event.reason);
        return working("waiting for a worker");
      case "outcome":
        end();
        // What comes next, on the other stream, is the result.
        if (spinner !== undefined) stream.write("\n");
        return;
    }
  }

  function end(): void {
    failed?.();
    failed = undefined;
    spinner?.stop();
  }

  return { show, end, [Symbol.dispose]: end };
}

function askedFor({ channel, expects }: Extract<RunEvent, { type: "waiting_for_code" }>): string {
  if (channel === "push") return "approval";
  const ways = { email: "e-mailed ", sms: "texted ", unknown: "" } as const;
  return `${ways[channel]}${expects === "link" ? "link" : "one-time code"}`;
}

function timed({ durationMs }: { durationMs: number }): string {
  return duration(durationMs).padStart(timeWidth);
}
