import type { ElementHandle, Frame, Page } from "playwright-core";
import { Failure } from "../failure.ts";
import type { Secret } from "../secret.ts";
import { type IsAllowed, originNotAllowed } from "./allowed-origin.ts";
import { insertInto } from "./direct-input.ts";
import type { Target } from "./observe.ts";

const typingTimeoutMs = 10_000;

/** Throws `origin_not_allowed` unless credentials may be typed in this frame. */
export function assertAllowed({ frame, isAllowed }: { frame: Frame; isAllowed: IsAllowed }): void {
  // A frame without an address of its own (about:blank, srcdoc) belongs to the one around it.
  let owner: Frame | null = frame;
  while (owner !== null && /^(about:|$)/.test(owner.url())) owner = owner.parentFrame();
  const url = owner?.url() ?? "";
  if (!isAllowed(url)) throw originNotAllowed(url);
}

/**
 * Types a value into a field of a frame that may have it. The element belongs to the document that was checked: had
 * the frame gone elsewhere meanwhile, the element would be gone with it.
 */
export async function typeSecret({
  element,
  frame,
  isAllowed,
  value,
  keyByKey = false,
}: {
  element: ElementHandle<Element>;
  frame: Frame;
  isAllowed: IsAllowed;
  value: Secret;
  /** With real key strokes, for pages that listen to nothing else. */
  keyByKey?: boolean;
}): Promise<void> {
  assertAllowed({ frame, isAllowed });
  try {
    if (keyByKey) {
      await element.fill("", { timeout: typingTimeoutMs });
      await element.type(value.reveal(), { timeout: typingTimeoutMs });
    } else {
      await element.fill(value.reveal(), { timeout: typingTimeoutMs });
    }
  } catch {
    // Playwright's own error quotes what it was typing; it is not kept, not even as a cause.
    throw new FieldNotTypable();
  }
}

/** Types a value into a field of an observed page, the quick way where that will do. Otherwise as `typeSecret`. */
export async function typeInto({
  page,
  target,
  isAllowed,
  value,
  keyByKey,
}: {
  page: Page;
  target: Target;
  isAllowed: IsAllowed;
  value: Secret;
  keyByKey: boolean;
}): Promise<void> {
  const { frame } = target;
  assertAllowed({ frame, isAllowed });
  const typed =
    !keyByKey &&
    (await insertInto({ page, target, text: value.reveal() }).catch(() => {
      // As below: an error may quote what was typed.
      throw new FieldNotTypable();
    }));
  if (!typed) await typeSecret({ element: await target.element(), frame, isAllowed, value, keyByKey });
}

/** The field went away, or does not take text. Look again. */
export class FieldNotTypable extends Error {
  override readonly name = "FieldNotTypable";
  constructor() {
    super("the field could not be typed into");
  }
}

/** What a login is given up with when fields keep refusing text. */
export const notTypable = () =>
  new Failure("login_unrecognised", "A field of the login form could not be typed into.");
