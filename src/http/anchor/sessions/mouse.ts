import { z } from "zod";
import type { PageConnection } from "../../../browser/screencast/connection.ts";
import { dispatchMouse, dispatchWheel, type Point } from "../../../browser/screencast/dispatch-input.ts";
import { Failure } from "../../../failure.ts";
import { middleOf } from "../../../session/drive-page.ts";
import { defineRoute } from "../../define-route.ts";
import { drive, driving, moved } from "./control-session.ts";

const far = z.number().min(-1_000_000).max(1_000_000);
const near = z.number().min(0).max(100_000);
const buttonSchema = z.enum(["left", "middle", "right"]).nullish();
type Button = "left" | "middle" | "right";

const bits = { left: 1, right: 2, middle: 4 };
/** A drag goes by way of so many points: pages look at the way. */
const stepsOfDrag = 10;

const move = (page: PageConnection, point: Point, held?: Button) =>
  dispatchMouse(
    page,
    {
      type: "mouse",
      kind: "move",
      ...point,
      button: held ?? "none",
      buttons: held === undefined ? 0 : bits[held],
      clicks: 0,
      modifiers: 0,
    },
    point,
  );

async function press(page: PageConnection, point: Point, button: Button, clicks: number): Promise<void> {
  const shared = { type: "mouse" as const, ...point, button, clicks, modifiers: 0 };
  await dispatchMouse(page, { ...shared, kind: "down", buttons: bits[button] }, point);
}

async function release(page: PageConnection, point: Point, button: Button, clicks: number): Promise<void> {
  const shared = { type: "mouse" as const, ...point, button, clicks, modifiers: 0 };
  await dispatchMouse(page, { ...shared, kind: "up", buttons: 0 }, point);
}

async function click(page: PageConnection, point: Point, button: Button, times: number): Promise<void> {
  await move(page, point);
  for (let count = 1; count <= times; count += 1) {
    await press(page, point, button, count);
    await release(page, point, button, count);
  }
}

export const mouseClick = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/mouse/click",
  summary: "Click at a point, or at an element, of the session's newest page",
  body: z.object({
    x: near.nullish(),
    y: near.nullish(),
    selector: z.string().min(1).max(2_000).nullish().meta({ description: "Of CSS; wins over x and y." }),
    index: z.int().min(0).max(10_000).nullish().meta({ description: "Which of those that fit." }),
    selectorTimeoutMs: z.number().min(0).max(60_000).nullish(),
    button: buttonSchema,
  }),
  failures: [...driving.failures, "flow_timed_out"],
  async handler(call) {
    const { x, y, selector, index, selectorTimeoutMs, button } = call.body;
    if (selector == null && (x == null || y == null))
      throw new Failure("invalid_argument", "Give x and y, or a selector.");
    await drive(call, async (page) => {
      const point =
        selector == null
          ? { x: x ?? 0, y: y ?? 0 }
          : await middleOf(page, { selector, index: index ?? 0, timeoutMs: selectorTimeoutMs ?? 5_000 });
      await click(page, point, button ?? "left", 1);
    });
    return moved;
  },
});

export const mouseDoubleClick = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/mouse/doubleClick",
  summary: "Double-click at a point of the session's newest page",
  body: z.object({ x: near, y: near, button: buttonSchema }),
  async handler(call) {
    const { x, y, button } = call.body;
    await drive(call, (page) => click(page, { x, y }, button ?? "left", 2));
    return moved;
  },
});

export const mouseMove = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/mouse/move",
  summary: "Move the mouse in the session's newest page",
  body: z.object({ x: near, y: near }),
  async handler(call) {
    await drive(call, (page) => move(page, call.body));
    return moved;
  },
});

export const dragAndDrop = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/drag-and-drop",
  summary: "Drag from one point of the session's newest page to another",
  body: z.object({ startX: near, startY: near, endX: near, endY: near, button: buttonSchema }),
  async handler(call) {
    const { startX, startY, endX, endY } = call.body;
    const button = call.body.button ?? "left";
    await drive(call, async (page) => {
      const from = { x: startX, y: startY };
      const to = { x: endX, y: endY };
      await move(page, from);
      await press(page, from, button, 1);
      for (let step = 1; step <= stepsOfDrag; step += 1) {
        const part = step / stepsOfDrag;
        const point = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
        await move(page, point, button);
      }
      await release(page, to, button, 1);
    });
    return moved;
  },
});

export const scroll = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/scroll",
  summary: "Turn the mouse's wheel at a point of the session's newest page",
  body: z.object({
    x: near,
    y: near,
    deltaY: far,
    deltaX: far.nullish(),
    steps: z.int().min(1).max(100).nullish(),
    useOs: z.boolean().nullish().meta({ description: "Not looked at." }),
  }),
  async handler(call) {
    const { x, y, deltaY, deltaX, steps } = call.body;
    const times = steps ?? 1;
    await drive(call, async (page) => {
      for (let count = 0; count < times; count += 1)
        await dispatchWheel(
          page,
          { type: "wheel", x, y, dx: (deltaX ?? 0) / times, dy: deltaY / times, modifiers: 0 },
          { x, y },
        );
    });
    return moved;
  },
});
