import type { Page } from "playwright-core";
import { Secret } from "../secret.ts";
import type { Activity } from "./activity.ts";
import type { IsAllowed } from "./allowed-origin.ts";
import type { Observed, Target } from "./observe.ts";
import { pause } from "./pause.ts";
import { clickTimeoutMs, pressed } from "./press.ts";
import type { LoginCredentials } from "./site.ts";
import type { Action, Fill } from "./situation.ts";
import { assertAllowed, typeInto } from "./type-secret.ts";

export interface ActContext {
  page: Page;
  observed: Observed;
  activity: Activity;
  credentials: LoginCredentials;
  isAllowed: IsAllowed;
  signal: AbortSignal;
}

type Submit = Extract<Action, { kind: "submit" }>;

/**
 * To type a code and send it takes no longer than so many looks at the page. On a machine with much else to do a look
 * is long, and a code with seconds left would lapse on its way.
 */
const looksPerSubmit = 20;
/** How long a button may stay disabled after the form was filled. */
const enableTimeoutMs = 5_000;

/**
 * Fills the form and submits it once: by its button, by Enter, or by the site itself at the code's last digit.
 * `onSubmit` is called just before anything can leave the page. Throws `origin_not_allowed` before typing anything
 * where it must not be typed.
 */
export async function submitForm({
  action,
  onSubmit: count,
  ...context
}: ActContext & { action: Submit; onSubmit: () => void }): Promise<void> {
  let counted = false;
  const onSubmit = () => {
    if (!counted) count();
    counted = true;
  };
  const { observed, isAllowed, activity, signal, page } = context;
  const targets = action.fills.map((fill) => ({ fill, target: observed.target(fill.ref) }));
  for (const { target } of targets) assertAllowed({ frame: target.frame, isAllowed });
  for (const ref of action.tick) await tick(observed.target(ref));

  const values = await valuesFor({ fills: action.fills, ...context });
  activity.mark();
  const typeAll = async (keyByKey: boolean) => {
    for (const [at, { fill, target }] of targets.entries()) {
      signal.throwIfAborted();
      const value = values[at];
      if (value === undefined) continue;
      // Boxes for a digit each, and sites that submit by themselves, send the code with its last digit.
      if (fill.value === "code" && at === targets.length - 1 && action.what.length === 1) onSubmit();
      await typeInto({ page, target, isAllowed, value, keyByKey });
      if (fill.part !== undefined && activity.submittedSinceMark()) return;
    }
  };
  await typeAll(false);
  const codeAlone = action.what.length === 1 && action.what[0] === "code";
  if (codeAlone && (await submitsItself({ page, activity }))) return;

  const last = targets.at(-1)?.target;
  const button = action.button === null ? null : observed.target(action.button);
  let [emptied, enabled] = await Promise.all([
    wasEmptied(targets.map(({ target }) => target)),
    button !== null && isEnabled(button),
  ]);
  if (emptied) await typeAll(false);
  if (button !== null && !enabled) {
    await becomesEnabled({ button, retype: () => typeAll(true), activity, signal });
    if (codeAlone && activity.submittedSinceMark()) return;
    enabled = await isEnabled(button);
  }
  signal.throwIfAborted();
  onSubmit();
  activity.mark();
  if (button !== null && enabled && (await pressed({ page, target: button, activity }))) return;
  await (await last?.element())?.press("Enter", { timeout: clickTimeoutMs, noWaitAfter: true });
}

/** Types what goes with a control that submits nothing by itself. */
export async function typeBeside({
  fills,
  page,
  observed,
  credentials,
  isAllowed,
}: Pick<ActContext, "page" | "observed" | "credentials" | "isAllowed"> & {
  fills: readonly Fill[];
}): Promise<void> {
  for (const { ref } of fills) {
    const value = await credentials.username();
    await typeInto({ page, target: observed.target(ref), isAllowed, value, keyByKey: false });
  }
}

/** The values to type, one per fill. A code is asked for last, when all else is ready: its life is short. */
async function valuesFor({
  fills,
  credentials,
  activity,
  observed,
  signal,
}: {
  fills: Fill[];
  credentials: LoginCredentials;
  activity: Activity;
  observed: Observed;
  signal: AbortSignal;
}): Promise<Secret[]> {
  let code: Secret | undefined;
  const values: Secret[] = [];
  for (const { value, part } of fills) {
    if (value === "username") values.push(await credentials.username());
    else if (value === "password") values.push(await credentials.password());
    else if (value === "code") {
      const neededLifeMs = observed.tookMs * looksPerSubmit;
      code ??= await credentials.oneTimeCode(signal, activity.clockOffsetMs(), neededLifeMs);
      values.push(part === undefined ? code : new Secret(code.reveal()[part] ?? ""));
    } else values.push(await credentials.custom(value.custom));
  }
  return values;
}

/** Gives a site the moment it needs to submit by itself, and tells whether it did. */
async function submitsItself({ page, activity }: { page: Page; activity: Activity }): Promise<boolean> {
  if (activity.submittedSinceMark()) return true;
  const painted = () =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, 60);
    });
  // The page went away: that was a submit.
  await page.evaluate(painted).catch(() => {});
  return activity.submittedSinceMark();
}

/** A page that wakes up late may clear what was typed before. */
async function wasEmptied(targets: Target[]): Promise<boolean> {
  const empty = await Promise.all(
    targets.map(({ look, index }) =>
      look
        .evaluate(({ elements }, at) => {
          const field = elements[at];
          return field !== undefined && "value" in field && field.value === "";
        }, index)
        .catch(() => false),
    ),
  );
  return empty.some(Boolean);
}

async function isEnabled({ look, index }: Target): Promise<boolean> {
  return await look
    .evaluate(({ elements }, at) => {
      const element = elements[at];
      return element?.matches(":disabled") === false && element.getAttribute("aria-disabled") !== "true";
    }, index)
    .catch(() => false);
}

/** Waits for a button that is enabled late; half a second in, types again with key strokes, which some pages wait for. */
async function becomesEnabled({
  button,
  retype,
  activity,
  signal,
}: {
  button: Target;
  retype: () => Promise<void>;
  activity: Activity;
  signal: AbortSignal;
}): Promise<void> {
  const startedAt = performance.now();
  let retyped = false;
  while (performance.now() - startedAt < enableTimeoutMs) {
    await pause(25, signal);
    if (activity.submittedSinceMark() || (await isEnabled(button))) return;
    if (!retyped && performance.now() - startedAt > 500) {
      retyped = true;
      await retype();
    }
  }
}

async function tick({ look, index }: Target): Promise<void> {
  // Nice to have: a box that cannot be ticked does not stop a login.
  await look
    .evaluate(({ elements }, at) => {
      const box = elements[at];
      if (box instanceof HTMLInputElement && !box.checked) box.click();
    }, index)
    .catch(() => {});
}
