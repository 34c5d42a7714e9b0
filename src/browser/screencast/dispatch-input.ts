import type { PageConnection } from "./connection.ts";
import type { Frame } from "./frames.ts";
import type { ActMessage } from "./protocol.ts";

export interface Point {
  x: number;
  y: number;
}

type Shown = Pick<Frame, "width" | "height" | "offsetTop">;
type MessageOf<Type extends ActMessage["type"]> = Extract<ActMessage, { type: Type }>;

const altBit = 1;
const controlBit = 2;
const metaBit = 4;

/** A point of the picture in CSS pixels of the page's window. */
export function pointOf({ x, y }: Point, { width, height, offsetTop }: Shown): Point {
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return { x: within(x * width, width - 1), y: within(y * height - offsetTop, height - 1) };
}

/** Moves the mouse, or presses or releases one of its buttons. @throws Error when the page has gone */
export async function dispatchMouse(
  page: PageConnection,
  message: MessageOf<"mouse">,
  point: Point,
): Promise<void> {
  const { kind, button, buttons, clicks, modifiers } = message;
  const type = { move: "mouseMoved", down: "mousePressed", up: "mouseReleased" }[kind];
  await page.send("Input.dispatchMouseEvent", {
    type,
    ...point,
    button,
    buttons,
    clickCount: clicks,
    modifiers,
    pointerType: "mouse",
  });
}

/** @throws Error when the page has gone */
export async function dispatchWheel(
  page: PageConnection,
  { dx, dy, modifiers }: MessageOf<"wheel">,
  point: Point,
): Promise<void> {
  await page.send("Input.dispatchMouseEvent", {
    type: "mouseWheel",
    ...point,
    deltaX: dx,
    deltaY: dy,
    modifiers,
  });
}

/** Presses or releases a key; one that types a character types it. @throws Error when the page has gone */
export async function dispatchKey(page: PageConnection, message: MessageOf<"key">): Promise<void> {
  const { kind, key, code, keyCode, location, repeat, modifiers } = message;
  const text = kind === "down" ? textOf(message) : undefined;
  await page.send("Input.dispatchKeyEvent", {
    type: kind === "up" ? "keyUp" : text === undefined ? "rawKeyDown" : "keyDown",
    key,
    code,
    windowsVirtualKeyCode: keyCode,
    location,
    isKeypad: location === 3,
    autoRepeat: repeat,
    modifiers,
    ...(text === undefined ? {} : { text, unmodifiedText: text }),
  });
}

/** What a key types; a key held with Control or Alt is a command. AltGr, which types, holds both. */
function textOf({ key, modifiers }: MessageOf<"key">): string | undefined {
  const held = modifiers & (altBit | controlBit | metaBit);
  const isCommand = held !== 0 && held !== (altBit | controlBit);
  if (isCommand) return undefined;
  if (key === "Enter") return "\r";
  // Named keys have longer names than any character.
  return /^.$/su.test(key) ? key : undefined;
}

/** Types a text as an input method would. @throws Error when the page has gone */
export async function insertText(page: PageConnection, text: string): Promise<void> {
  await page.send("Input.insertText", { text });
}
