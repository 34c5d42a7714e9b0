import type { OutOfBandChannel } from "../events.ts";
import { speaksOf } from "./words.ts";

/** How a site says it sends something: "We texted a code to your phone". */
export function channelOf(text: string): OutOfBandChannel {
  if (speaksOf(text, "byEmail")) return "email";
  if (speaksOf(text, "approve")) return "push";
  return speaksOf(text, "bySms") ? "sms" : "unknown";
}
