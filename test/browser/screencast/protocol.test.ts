import fc from "fast-check";
import { expect, test } from "vitest";
import { packFrame, readViewerMessage } from "../../../src/browser/screencast/protocol.ts";

const acts = fc.oneof(
  fc.record({
    type: fc.constant("mouse"),
    kind: fc.constantFrom("move", "down", "up"),
    x: fc.double({ min: 0, max: 1, noNaN: true }),
    y: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    type: fc.constant("key"),
    kind: fc.constantFrom("down", "up"),
    key: fc.string({ maxLength: 40 }),
    code: fc.string({ maxLength: 40 }),
    keyCode: fc.nat(255),
  }),
  fc.record({ type: fc.constantFrom("text", "paste"), text: fc.string() }),
  fc.record({
    type: fc.constant("go"),
    to: fc.oneof(fc.constant("reload"), fc.record({ url: fc.webUrl() })),
  }),
  fc.record({ type: fc.constant("answer"), accept: fc.boolean() }),
  fc.record({ type: fc.constant("closeTab"), id: fc.string({ maxLength: 100 }) }),
  fc.record({ type: fc.constant("pick"), id: fc.nat(), choice: fc.oneof(fc.nat(), fc.constant(null)) }),
  fc.constant({ type: "copy" }),
);
const view = { mayAct: false, mayGo: false };
const act = { mayAct: true, mayGo: false };
const drive = { mayAct: true, mayGo: true };

test("what acts is read for those who drive, and for nobody who may only look", () => {
  fc.assert(
    fc.property(acts, (message) => {
      const text = JSON.stringify(message);
      expect(readViewerMessage(text, view)).toBeUndefined();
      expect(readViewerMessage(text, drive)).toMatchObject(message);
      const goes = message.type === "go" && "to" in message && typeof message.to === "object";
      expect(readViewerMessage(text, act) === undefined).toBe(goes);
    }),
  );
});

test("no text makes a viewer's message of what is none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(readViewerMessage(text, drive)).toBeUndefined();
    }),
  );
});

test("a frame is packed so that its header and its picture can be told apart", () => {
  fc.assert(
    fc.property(fc.nat(), fc.uint8Array(), (n, picture) => {
      const packed = packFrame({ n, width: 800, height: 600 }, Buffer.from(picture));
      const length = packed.readUInt32BE();
      expect(JSON.parse(packed.subarray(4, 4 + length).toString())).toEqual({ n, width: 800, height: 600 });
      expect(packed.subarray(4 + length)).toEqual(Buffer.from(picture));
    }),
  );
});
