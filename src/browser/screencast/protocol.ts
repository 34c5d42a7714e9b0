import { z } from "zod";

/**
 * What a viewer and the side that has the page tell each other, as JSON in text messages. Frames come as binary
 * messages, see `packFrame`. Points are fractions of the picture, 0 to 1, so that neither side needs the other's scale.
 */

const fraction = z.number().min(-0.01).max(1.01);
/** Bits as the DevTools protocol has them: 1 Alt, 2 Control, 4 Meta, 8 Shift. */
const modifiers = z.int().min(0).max(15).default(0);
const longestText = 100_000;

const looking = [
  /** A frame was drawn: there is room for another. */
  z.object({ type: z.literal("shown"), n: z.int() }),
  /** How large a picture is of use, in pixels of the viewer's screen. */
  z.object({
    type: z.literal("size"),
    width: z.int().min(1).max(8_192),
    height: z.int().min(1).max(8_192),
  }),
  /** Looks at another tab; who drives brings it to the front too. */
  z.object({ type: z.literal("tab"), id: z.string().max(100) }),
] as const;

const acting = [
  z.object({
    type: z.literal("mouse"),
    kind: z.enum(["move", "down", "up"]),
    x: fraction,
    y: fraction,
    button: z.enum(["none", "left", "middle", "right", "back", "forward"]).default("none"),
    /** Those held down: 1 left, 2 right, 4 middle. */
    buttons: z.int().min(0).max(31).default(0),
    clicks: z.int().min(0).max(3).default(0),
    modifiers,
  }),
  z.object({
    type: z.literal("wheel"),
    x: fraction,
    y: fraction,
    /** In CSS pixels. */
    dx: z.number().min(-10_000).max(10_000),
    dy: z.number().min(-10_000).max(10_000),
    modifiers,
  }),
  z.object({
    type: z.literal("key"),
    kind: z.enum(["down", "up"]),
    /** As KeyboardEvent has them. */
    key: z.string().max(40),
    code: z.string().max(40),
    keyCode: z.int().min(0).max(255),
    location: z.int().min(0).max(3).default(0),
    repeat: z.boolean().default(false),
    modifiers,
  }),
  /** What an input method, or a keyboard on a screen, came to. */
  z.object({ type: z.literal("text"), text: z.string().max(longestText) }),
  z.object({ type: z.literal("paste"), text: z.string().max(longestText) }),
  /** Asks for what is selected. */
  z.object({ type: z.literal("copy") }),
  z.object({
    type: z.literal("go"),
    to: z.union([z.enum(["back", "forward", "reload"]), z.object({ url: z.string().max(8_192) })]),
  }),
  z.object({ type: z.literal("closeTab"), id: z.string().max(100) }),
  z.object({ type: z.literal("answer"), accept: z.boolean(), text: z.string().max(longestText).optional() }),
  /** What was chosen in a picker: an option's index, a text, or nothing. */
  z.object({
    type: z.literal("pick"),
    id: z.int(),
    choice: z.union([z.int(), z.string().max(1_000), z.null()]),
  }),
] as const;

const lookSchema = z.discriminatedUnion("type", looking);
const actSchema = z.discriminatedUnion("type", acting);

/** What anybody may send who may look. */
export type LookMessage = z.output<typeof lookSchema>;
/** What only those may send who drive. */
export type ActMessage = z.output<typeof actSchema>;
export type ViewerMessage = LookMessage | ActMessage;

/** A viewer's message, as far as its scope allows it: undefined for any other. */
export function readViewerMessage(
  text: string,
  { mayAct, mayGo }: { mayAct: boolean; mayGo: boolean },
): ViewerMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const look = lookSchema.safeParse(json);
  if (look.success) return look.data;
  const act = mayAct ? actSchema.safeParse(json).data : undefined;
  const goes = act?.type === "go" && typeof act.to === "object";
  return goes && !mayGo ? undefined : act;
}

/** Where something lies in the picture. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A control whose pop-up no screencast shows: the viewer shows one of its own. */
export type Picker =
  | {
      kind: "select";
      options: { label: string; group?: string; disabled: boolean }[];
      /** The index of what is chosen, or -1. */
      chosen: number;
    }
  | {
      kind: "date" | "time" | "datetime-local" | "month" | "week" | "color";
      value: string;
      min: string;
      max: string;
      step: string;
    };

export type DialogKind = "alert" | "confirm" | "prompt" | "beforeunload";

/** Why nothing is to be seen, or no longer. */
export type LiveState =
  /** There is no page yet: a run that has not begun, or waits for its turn. */
  | "waiting"
  /** The run signs in: hidden from those who may only look. */
  | "signing_in"
  | "live"
  | "ended";

export type ServerMessage =
  | { type: "hello"; scope: "view" | "act" | "drive"; what: "session" | "run" }
  | { type: "state"; state: LiveState }
  | {
      type: "tabs";
      tabs: { id: string; title: string; url: string; crashed: boolean }[];
      /** The one that is shown. */
      active: string | undefined;
    }
  | { type: "dialog"; kind: DialogKind; message: string; value: string }
  | { type: "dialogClosed" }
  | { type: "picker"; id: number; area: Area; picker: Picker }
  | { type: "pickerClosed" }
  /** What was selected in the page. */
  | { type: "copied"; text: string }
  | { type: "notice"; what: "file_chooser" | "address_refused" };

export interface FrameHeader {
  n: number;
  /** The page's window in CSS pixels. */
  width: number;
  height: number;
}

const lengthBytes = 4;

/** A frame as a binary message: the header's length (32 bits, big-endian), the header as JSON, the JPEG. */
export function packFrame(header: FrameHeader, jpeg: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, jpeg]);
}
