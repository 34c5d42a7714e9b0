import type { BrowserContext, Page } from "playwright-core";
import { Failure } from "../../../failure.ts";
import { actionSchema, type RecordedAction } from "./actions.ts";

/** What a person does in a context's pages, from now on. */
export interface ActionRecorder extends AsyncDisposable {
  /** Ends the recording. What was done, oldest first. */
  stop(): Promise<RecordedAction[]>;
}

/** Told of each action as the recorder has it, with its line as `jsonl`. */
type Sink = (page: Page, action: unknown, line: string) => void;

/** What Playwright's own tools record with; it is not among what its types tell. Tests hold it for each upgrade. */
interface RecordingContext {
  _startRecording(
    options: { language: "jsonl" },
    sink: { actionAdded: Sink; actionUpdated: Sink; signalAdded: Sink },
  ): Promise<void>;
  _stopRecording(): Promise<void>;
}

/**
 * Records with Playwright's recorder, in memory: nothing is written, for what is typed may be secret.
 * @param onAction told of each action once, without what is typed
 * @throws Failure `internal_error` where Playwright has no such recorder
 */
export async function recordActions(
  context: BrowserContext,
  onAction: (action: RecordedAction) => void,
): Promise<ActionRecorder> {
  if (!canRecord(context))
    throw new Failure("internal_error", "This version of Playwright has no recorder that Latchkey knows.");
  const entries: { action: RecordedAction; isSecret: Promise<boolean> }[] = [];
  const parse = (line: string) => {
    const [first = ""] = line.split("\n", 1);
    return first === "" ? undefined : actionSchema.parse(JSON.parse(first));
  };
  const update: Sink = (_page, _action, line) => {
    const action = parse(line);
    const last = entries.at(-1);
    if (action !== undefined && last !== undefined) last.action = action;
  };
  await context._startRecording(
    { language: "jsonl" },
    {
      actionAdded(page, _action, line) {
        const action = parse(line);
        if (action === undefined) return;
        // Looked at with the first key: by the last, the page may be gone.
        const isSecret =
          action.name === "fill" ? isSecretField(page, action.selector) : Promise.resolve(false);
        entries.push({ action, isSecret });
        onAction(action);
      },
      actionUpdated: update,
      signalAdded: update,
    },
  );
  let stopping: Promise<RecordedAction[]> | undefined;
  const stop = async () => {
    // A window that was closed has ended it.
    await context._stopRecording().catch(() => {});
    return Promise.all(
      entries.map(async ({ action, isSecret }) =>
        (await isSecret) ? { ...action, text: "", intoSecretField: true } : action,
      ),
    );
  };
  const once = () => (stopping ??= stop());
  return {
    stop: once,
    async [Symbol.asyncDispose]() {
      await once();
    },
  };
}

function canRecord(context: BrowserContext): context is BrowserContext & RecordingContext {
  return "_startRecording" in context && "_stopRecording" in context;
}

/** How long a field is looked for, in milliseconds; one that is not found any more counts as secret. */
const lookMs = 2_000;

async function isSecretField(page: Page, selector: string | undefined): Promise<boolean> {
  if (selector === undefined) return true;
  try {
    return await page.locator(selector).evaluate(
      (field) => {
        const kind = field.getAttribute("autocomplete") ?? "";
        return field.getAttribute("type") === "password" || /password|one-time-code|cc-/.test(kind);
      },
      undefined,
      { timeout: lookMs },
    );
  } catch {
    return true;
  }
}
