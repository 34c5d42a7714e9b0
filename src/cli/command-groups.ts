import type { Command } from "commander";
import type { CliContext } from "./context.ts";

/** Commands that are registered together. */
export interface CommandGroup {
  /** What they are called, aliases included. */
  names: readonly string[];
  /** Loads their module, whose function registers them. */
  load(): Promise<(program: Command, context: CliContext) => void>;
}

/** All commands, in the order in which help lists them. Each is loaded when it is named: most of the time goes there. */
export const commandGroups: readonly CommandGroup[] = [
  { names: ["start", "worker", "server"], load: async () => (await import("./service.ts")).registerService },
  { names: ["identities"], load: async () => (await import("./identities.ts")).registerIdentities },
  { names: ["applications"], load: async () => (await import("./applications.ts")).registerApplications },
  { names: ["passkeys"], load: async () => (await import("./passkeys.ts")).registerPasskeys },
  { names: ["flows"], load: async () => (await import("./flows.ts")).registerFlows },
  { names: ["run"], load: async () => (await import("./run.ts")).registerRun },
  { names: ["submit"], load: async () => (await import("./submit.ts")).registerSubmit },
  { names: ["batches"], load: async () => (await import("./batches.ts")).registerBatches },
  { names: ["sessions"], load: async () => (await import("./sessions.ts")).registerSessions },
  { names: ["runs"], load: async () => (await import("./runs.ts")).registerRuns },
  { names: ["schedules"], load: async () => (await import("./schedules.ts")).registerSchedules },
  { names: ["health"], load: async () => (await import("./health.ts")).registerHealth },
  { names: ["cancel"], load: async () => (await import("./cancel.ts")).registerCancel },
  { names: ["code"], load: async () => (await import("./code.ts")).registerCode },
  { names: ["webhooks"], load: async () => (await import("./webhooks.ts")).registerWebhooks },
  { names: ["login"], load: async () => (await import("./login.ts")).registerLogin },
  { names: ["keys"], load: async () => (await import("./keys.ts")).registerKeys },
  { names: ["doctor"], load: async () => (await import("./doctor.ts")).registerDoctor },
];
