import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { BrowserContext, Page } from "playwright-core";
import type { FlowFiles } from "./browser/flow-files.ts";
import type { Session } from "./browser/session.ts";
import type { Logger } from "./log.ts";

export type { FlowFiles, StoredFile } from "./browser/flow-files.ts";

/** What a flow is given: a signed-in page, its checked input, and tools. It never sees a password. */
export interface FlowContext<Input = unknown> {
  page: Page;
  context: BrowserContext;
  session: Session;
  input: Input;
  /** Who the page is signed in as. */
  identity: { id: string; name: string; sourceUrl: string; metadata: Record<string, unknown> };
  /** Names a piece of work: shown live, timed, and named in the evidence if it fails. Stops at once when the run is cancelled. */
  step: <T>(name: string, work: () => T | PromiseLike<T>) => Promise<T>;
  files: FlowFiles;
  log: Logger;
  /** Deadline, cancel and shutdown of the run. Playwright calls end by themselves; pass it to anything else slow. */
  signal: AbortSignal;
}

/** `RawInput` is what the input schema takes, `Input` what it makes of it. */
export interface Flow<Input = unknown, Output = unknown, RawInput = unknown> {
  /** One line: what it does for its user. */
  description: string;
  /** Any Standard Schema (zod, valibot, arktype …). What it gives is the flow's `input`. */
  input?: StandardSchemaV1<RawInput, Input>;
  /** Checks what the flow returns. */
  output?: StandardSchemaV1<unknown, Output>;
  /** Page to open before the flow starts, instead of the identity's source page. */
  startUrl?: string;
  /** True when the flow may start over after the site ended the session half-way: it then is signed in again, once. */
  restartable?: boolean;
  /**
   * True when the result may hold the identity's username. Otherwise a username that is unlike ordinary words — an
   * e-mail address, say — is taken out of the result, as its other secrets always are.
   */
  returnsUsername?: boolean;
  /** Longest the run may take, in milliseconds. */
  deadlineMs?: number;
  run(context: FlowContext<Input>): Promise<Output>;
}

/** Declares a flow: `flows/<site>/<flow>.ts` exports its result as default and is the flow `<site>/<flow>`. */
export function defineFlow<Input = undefined, Output = unknown, RawInput = Input>(
  flow: Flow<Input, Output, RawInput>,
): Flow<Input, Output, RawInput> & { readonly kind: "flow" } {
  return { ...flow, kind: "flow" };
}
