import { z } from "zod";
import type { PageConnection } from "./connection.ts";
import type { Point } from "./dispatch-input.ts";
import { focusedElement } from "./page-scripts.ts";
import type { Area } from "./protocol.ts";

/** An element of a page, held until it is released. */
export interface FoundElement {
  /** Calls a function of ours with the element as `this`. @throws Error when it has gone */
  call<T>(pageFunction: (this: Element, ...given: never[]) => T, ...given: unknown[]): Promise<T>;
  /** Where it lies in the page's window, in CSS pixels; undefined when it shows nowhere. */
  area(): Promise<Area | undefined>;
  release(): void;
}

const worldName = "latchkey live view";
const nodeSchema = z.object({ backendNodeId: z.number(), frameId: z.string().optional() });
const worldSchema = z.object({ executionContextId: z.number() });
const objectSchema = z.object({ object: z.object({ objectId: z.string() }) });
const resultSchema = z.object({
  result: z.object({ value: z.unknown().optional(), objectId: z.string().optional() }),
  exceptionDetails: z.object({ text: z.string() }).optional(),
});
const describedSchema = z.object({
  node: z.object({ backendNodeId: z.number(), nodeName: z.string(), frameId: z.string().optional() }),
});
const boxSchema = z.object({
  model: z.object({ border: z.array(z.number()).length(8), content: z.array(z.number()).length(8) }),
});
const treeSchema = z.object({ frameTree: z.object({ frame: z.object({ id: z.string() }) }) });

/** The element at a point of the page's window, in whatever frame and shadow root. */
export async function elementAt(
  page: PageConnection,
  point: Point,
  origin: Point = { x: 0, y: 0 },
): Promise<FoundElement | undefined> {
  const { backendNodeId, frameId } = nodeSchema.parse(
    await page.send("DOM.getNodeForLocation", {
      x: Math.floor(point.x),
      y: Math.floor(point.y),
      ignorePointerEventsNone: false,
    }),
  );
  const frame = await innerFrame(page, backendNodeId);
  if (frame === undefined) return await hold(page, { backendNodeId, frameId, origin });
  const { corner, connection } = frame;
  return await elementAt(
    connection,
    { x: point.x - corner.x, y: point.y - corner.y },
    { x: origin.x + corner.x, y: origin.y + corner.y },
  );
}

/** The element that keys go to, in whatever frame and shadow root. */
export async function elementInFocus(
  page: PageConnection,
  origin: Point = { x: 0, y: 0 },
): Promise<FoundElement | undefined> {
  const { frameTree } = treeSchema.parse(await page.send("Page.getFrameTree"));
  const contextId = await worldOf(page, frameTree.frame.id);
  const { result } = resultSchema.parse(
    await page.send("Runtime.evaluate", { expression: `(${focusedElement.toString()})()`, contextId }),
  );
  if (result.objectId === undefined) return undefined;
  const { node } = describedSchema.parse(await page.send("DOM.describeNode", { objectId: result.objectId }));
  const frame = await innerFrame(page, node.backendNodeId);
  if (frame === undefined) return held({ page, objectId: result.objectId, origin });
  return await elementInFocus(frame.connection, {
    x: origin.x + frame.corner.x,
    y: origin.y + frame.corner.y,
  });
}

/** The frame that an element shows from another process, and where in the window its corner lies. */
async function innerFrame(
  page: PageConnection,
  backendNodeId: number,
): Promise<{ connection: PageConnection; corner: Point } | undefined> {
  const { node } = describedSchema.parse(await page.send("DOM.describeNode", { backendNodeId }));
  if (!/^i?frame$/i.test(node.nodeName) || node.frameId === undefined) return undefined;
  const connection = await page.attachFrame(node.frameId);
  if (connection === undefined) return undefined;
  const { model } = boxSchema.parse(await page.send("DOM.getBoxModel", { backendNodeId }));
  const [x = 0, y = 0] = model.content;
  return { connection, corner: { x, y } };
}

async function hold(
  page: PageConnection,
  { backendNodeId, frameId, origin }: { backendNodeId: number; frameId: string | undefined; origin: Point },
): Promise<FoundElement> {
  const executionContextId = frameId === undefined ? undefined : await worldOf(page, frameId);
  const { object } = objectSchema.parse(
    await page.send("DOM.resolveNode", {
      backendNodeId,
      ...(executionContextId === undefined ? {} : { executionContextId }),
    }),
  );
  return held({ page, objectId: object.objectId, origin });
}

/** A world beside the page's own: what the page has made of its prototypes is not met there. */
async function worldOf(page: PageConnection, frameId: string): Promise<number> {
  const world = await page.send("Page.createIsolatedWorld", { frameId, worldName });
  return worldSchema.parse(world).executionContextId;
}

function held({
  page,
  objectId,
  origin,
}: {
  page: PageConnection;
  objectId: string;
  origin: Point;
}): FoundElement {
  return {
    async call<T>(pageFunction: (this: Element, ...given: never[]) => T, ...given: unknown[]): Promise<T> {
      const answer = await page.send("Runtime.callFunctionOn", {
        objectId,
        functionDeclaration: pageFunction.toString(),
        arguments: given.map((value) => ({ value })),
        returnByValue: true,
        userGesture: true,
      });
      const { result, exceptionDetails } = resultSchema.parse(answer);
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
      // It comes from a function of ours, by value.
      return result.value as T;
    },
    async area() {
      const box = await page.send("DOM.getBoxModel", { objectId }).catch(() => undefined);
      if (box === undefined) return undefined;
      const [left = 0, top = 0, , , right = 0, bottom = 0] = boxSchema.parse(box).model.border;
      return { x: origin.x + left, y: origin.y + top, width: right - left, height: bottom - top };
    },
    release() {
      page.send("Runtime.releaseObject", { objectId }).catch(() => undefined);
    },
  };
}
