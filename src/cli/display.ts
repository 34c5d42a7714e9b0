import { Failure } from "../failure.ts";
import type { CliContext } from "./context.ts";

/** @throws Failure `invalid_argument` where there is no screen to show a browser on */
export function checkDisplay({ environment }: CliContext): void {
  const { DISPLAY = "", WAYLAND_DISPLAY = "" } = environment;
  if (process.platform !== "linux" || DISPLAY !== "" || WAYLAND_DISPLAY !== "") return;
  throw new Failure(
    "invalid_argument",
    "There is no display to show a browser on: leave --headed and --pause out, or put `xvfb-run` before the command.",
  );
}
