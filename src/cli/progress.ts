import yoctoSpinner, { type Spinner } from "yocto-spinner";
import { cyan, dim, green, red, yellow } from "yoctocolors";
import type { RunEvent } from "../events.ts";

/** Shows a run as it goes: a spinner and ticks in a terminal, plain lines in a pipe. */
export interface Progress {
  show(event: RunEvent): void;
  /** Leaves the terminal as it was, whatever happened. */
  end(): void;
}

const stageText = {
  identity: "identity",
  session: "browser session",
  login: "login",
  flow: "flow",
  save: "saved state",
} as const;

export function createProgress(stream: NodeJS.WriteStream): Progress {
  let spinner: Spinner | undefined;

  function line(mark: string, text: string, note = ""): void {
    const shown = note === "" ? text : `${text}  ${dim(note)}`;
    spinner?.clear();
    stream.write(`  ${mark} ${shown}\n`);
  }

  function working(text: string): void {
    if (stream.isTTY !== true) return;
    spinner ??= yoctoSpinner({ stream, handleSignals: false });
    spinner.text = text;
    spinner.start();
  }

  function rest(): void {
    spinner?.stop();
  }

  function show(event: RunEvent): void {
    switch (event.type) {
      case "queued":
        return line(dim("·"), "queued");
      case "started":
        return line(dim("·"), "taken up", `attempt ${event.attempt}`);
      case "deferred":
        return line(yellow("…"), "waiting for its turn", event.reason);
      case "stage":
        if (event.status === "started") return working(stageText[event.stage]);
        rest();
        return line(
          green("✓"),
          stageText[event.stage],
          [seconds(event.durationMs), event.detail].filter(Boolean).join(" · "),
        );
      case "decision":
        return working(`login: ${event.decision.action}`);
      case "step":
        if (event.status === "started") return working(event.name);
        rest();
        return line(
          event.status === "ended" ? cyan("›") : red("✗"),
          `  ${event.name}`,
          seconds(event.durationMs),
        );
      case "artifact":
        return line(dim("·"), event.artifact.name, `${event.artifact.kind}, ${event.artifact.bytes} bytes`);
      case "retrying":
        rest();
        return line(
          yellow("↻"),
          `attempt ${event.attempt} follows`,
          `${event.code}, in ${seconds(event.delayMs)}`,
        );
      case "returned":
        rest();
        return line(yellow("↻"), "back to the queue", event.reason);
      case "outcome":
        rest();
        if (event.outcome.status === "succeeded") return line(green("✓"), green("succeeded"));
        return line(red("✗"), red(event.outcome.code), event.outcome.message);
    }
  }

  return { show, end: rest };
}

/** `0.84 s`, `12 ms`. */
export function seconds(ms: number): string {
  return ms < 100 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
