import { setTimeout as sleep } from "node:timers/promises";
import type { PageConnection } from "../browser/screencast/connection.ts";
import { dispatchKey, insertText } from "../browser/screencast/dispatch-input.ts";
import { Failure } from "../failure.ts";

interface Key {
  key: string;
  code: string;
  keyCode: number;
  /** Of the bits that DevTools tells modifiers by. */
  modifier?: number;
}

const named: Readonly<Record<string, Key>> = {
  alt: { key: "Alt", code: "AltLeft", keyCode: 18, modifier: 1 },
  control: { key: "Control", code: "ControlLeft", keyCode: 17, modifier: 2 },
  meta: { key: "Meta", code: "MetaLeft", keyCode: 91, modifier: 4 },
  shift: { key: "Shift", code: "ShiftLeft", keyCode: 16, modifier: 8 },
  enter: { key: "Enter", code: "Enter", keyCode: 13 },
  tab: { key: "Tab", code: "Tab", keyCode: 9 },
  escape: { key: "Escape", code: "Escape", keyCode: 27 },
  backspace: { key: "Backspace", code: "Backspace", keyCode: 8 },
  delete: { key: "Delete", code: "Delete", keyCode: 46 },
  insert: { key: "Insert", code: "Insert", keyCode: 45 },
  space: { key: " ", code: "Space", keyCode: 32 },
  home: { key: "Home", code: "Home", keyCode: 36 },
  end: { key: "End", code: "End", keyCode: 35 },
  pageup: { key: "PageUp", code: "PageUp", keyCode: 33 },
  pagedown: { key: "PageDown", code: "PageDown", keyCode: 34 },
  arrowleft: { key: "ArrowLeft", code: "ArrowLeft", keyCode: 37 },
  arrowup: { key: "ArrowUp", code: "ArrowUp", keyCode: 38 },
  arrowright: { key: "ArrowRight", code: "ArrowRight", keyCode: 39 },
  arrowdown: { key: "ArrowDown", code: "ArrowDown", keyCode: 40 },
};

const alsoNamed: Readonly<Record<string, string>> = {
  ctrl: "control",
  cmd: "meta",
  command: "meta",
  win: "meta",
  option: "alt",
  esc: "escape",
  return: "enter",
  del: "delete",
  left: "arrowleft",
  up: "arrowup",
  right: "arrowright",
  down: "arrowdown",
};

const shiftBit = 8;

/** Types a text as an input method would, `delayMs` between its characters. @throws Error when the page has gone */
export async function typeText(page: PageConnection, text: string, delayMs: number): Promise<void> {
  if (delayMs === 0) return await insertText(page, text);
  for (const character of text) {
    await insertText(page, character);
    await sleep(delayMs);
  }
}

/**
 * Presses keys together, as `["Control", "a"]`, holds them, and releases them in reverse.
 * @throws Failure `invalid_argument` for a key that is none
 */
export async function pressTogether(
  page: PageConnection,
  names: readonly string[],
  holdMs: number,
): Promise<void> {
  const keys = names.map(keyOf);
  let modifiers = 0;
  const pressed: Key[] = [];
  const dispatch = (kind: "down" | "up", { key, code, keyCode }: Key) =>
    dispatchKey(page, {
      type: "key",
      kind,
      // With Shift, the key types its capital.
      key: (modifiers & shiftBit) !== 0 && key.length === 1 ? key.toUpperCase() : key,
      code,
      keyCode,
      location: 0,
      repeat: false,
      modifiers,
    });
  for (const key of keys) {
    modifiers |= key.modifier ?? 0;
    await dispatch("down", key);
    pressed.push(key);
  }
  if (holdMs > 0) await sleep(holdMs);
  for (const key of pressed.toReversed()) {
    modifiers &= ~(key.modifier ?? 0);
    await dispatch("up", key);
  }
}

function keyOf(name: string): Key {
  const lower = name.toLowerCase();
  const known = named[alsoNamed[lower] ?? lower];
  if (known !== undefined) return known;
  const number = /^f(?<number>[1-9]|1[0-2])$/.exec(lower)?.groups?.["number"];
  if (number !== undefined) return { key: `F${number}`, code: `F${number}`, keyCode: 111 + Number(number) };
  if (/^[a-z]$/.test(lower))
    return { key: name, code: `Key${lower.toUpperCase()}`, keyCode: lower.toUpperCase().charCodeAt(0) };
  if (/^\d$/.test(lower)) return { key: name, code: `Digit${name}`, keyCode: name.charCodeAt(0) };
  if (/^.$/su.test(name)) return { key: name, code: "", keyCode: 0 };
  throw new Failure("invalid_argument", "keys: one of them is no key that is known here.");
}
