import { z } from "zod";
import type { SessionRecord, SessionStatus } from "../../../session/types.ts";

export const sessionTag = "anchor: sessions";
export const sessionParams = z.object({ id: z.string() });
export const doneSchema = z.object({ data: z.object({ status: z.string() }) });
export const done = { data: { status: "success" } };

/** What clients of Anchor know a session's state by. */
export const sessionStatuses = ["starting", "authenticating", "running", "completed", "failed"] as const;
export type AnchorSessionStatus = (typeof sessionStatuses)[number];

const shown: Record<SessionStatus, AnchorSessionStatus> = {
  starting: "starting",
  authenticating: "authenticating",
  running: "running",
  ending: "running",
  ended: "completed",
  failed: "failed",
};

export const statusOf = ({ status }: Pick<SessionRecord, "status">): AnchorSessionStatus => shown[status];

/** Ours that are shown as this. */
export function statusesShownAs(status: AnchorSessionStatus): SessionStatus[] {
  return (Object.keys(shown) as SessionStatus[]).filter((own) => shown[own] === status);
}

/** Seconds it was there for, so far. */
export function durationOf({ startedAt, createdAt, endedAt }: SessionRecord): number {
  return Math.round(((endedAt ?? new Date()).getTime() - (startedAt ?? createdAt).getTime()) / 1_000);
}
