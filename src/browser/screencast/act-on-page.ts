import { z } from "zod";
import type { Logger } from "../../log.ts";
import { paste, readSelection } from "./clipboard.ts";
import type { PageConnection } from "./connection.ts";
import { dispatchKey, dispatchMouse, dispatchWheel, insertText, pointOf } from "./dispatch-input.ts";
import type { Frame } from "./frames.ts";
import { navigate } from "./navigate.ts";
import { type OpenPicker, opensPicker, pickerAt, pickerInFocus } from "./pickers.ts";
import type { ActMessage, Area, ServerMessage } from "./protocol.ts";

export type PageAct = Exclude<ActMessage, { type: "closeTab" }>;

/** A page that somebody drives. */
export interface PageActions {
  /**
   * Does it when what came before is done. What fails is logged: the viewer sees that nothing happened. Resolves when the
   * page has answered, which may be never: one that hangs answers nothing. Undefined for what is passed over.
   */
  act(message: PageAct): Promise<void> | undefined;
  bringToFront(): Promise<void>;
  close(): Promise<void>;
}

const dialogSchema = z.object({
  type: z.enum(["alert", "confirm", "prompt", "beforeunload"]),
  message: z.string(),
  defaultPrompt: z.string().default(""),
});

/**
 * Makes a page one that a viewer drives: its dialogs are the viewer's to answer unless whoever drives it otherwise is
 * quicker, and its file choosers, which would open on the browser's own screen, do not open.
 * @throws Error when the page has gone
 */
export async function actOnPage({
  page,
  viewer,
  shown,
  log,
}: {
  page: PageConnection;
  viewer: { send(message: ServerMessage): void };
  /** The frame that the viewer sees. */
  shown: () => Frame | undefined;
  log: Logger;
}): Promise<PageActions> {
  let picker: { id: number; open: OpenPicker } | undefined;
  let pickers = 0;
  /** The press that a picker took the place of: its release is not made either. */
  let isPressTaken = false;
  let isDialogOpen = false;
  let turn: Promise<void> = Promise.resolve();
  /** Moves and turns of the wheel that the page has not answered. */
  let passing = 0;

  const listening = page.onEvent(({ method, params }) => {
    if (method === "Page.javascriptDialogOpening") {
      const { type, message, defaultPrompt } = dialogSchema.parse(params);
      isDialogOpen = true;
      viewer.send({ type: "dialog", kind: type, message, value: defaultPrompt });
    } else if (method === "Page.javascriptDialogClosed") {
      isDialogOpen = false;
      viewer.send({ type: "dialogClosed" });
    } else if (method === "Page.fileChooserOpened") {
      viewer.send({ type: "notice", what: "file_chooser" });
    } else if (method === "Page.frameNavigated" && picker !== undefined) {
      closePicker();
    }
  });
  const closePicker = () => {
    if (picker === undefined) return;
    picker.open.release();
    picker = undefined;
    viewer.send({ type: "pickerClosed" });
  };
  const showPicker = (open: OpenPicker, frame: Frame) => {
    closePicker();
    pickers += 1;
    picker = { id: pickers, open };
    viewer.send({
      type: "picker",
      id: pickers,
      area: fractionOf(open.area, frame),
      picker: open.picker,
    });
  };
  const failed = (error: unknown) => log.debug({ err: error }, "a viewer's input did not reach the page");

  /** A page that hangs, or has a dialog open, finds no element; then the input goes to it as it is. */
  const find = async (looking: Promise<OpenPicker | undefined>) => {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), findMs);
    try {
      return await Promise.race([looking.catch(() => undefined), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };

  const mouse = async (message: Extract<PageAct, { type: "mouse" }>, frame: Frame, unawaited: Unawaited) => {
    const point = pointOf(message, frame);
    if (message.kind === "down") {
      closePicker();
      const open = message.button === "left" && !isDialogOpen ? await find(pickerAt(page, point)) : undefined;
      isPressTaken = open !== undefined;
      if (open !== undefined) return showPicker(open, frame);
    } else if (isPressTaken) {
      if (message.kind === "up") isPressTaken = false;
      return;
    }
    unawaited(dispatchMouse(page, message, point));
  };
  const key = async (
    message: Extract<PageAct, { type: "key" }>,
    frame: Frame | undefined,
    unawaited: Unawaited,
  ) => {
    if (frame !== undefined && opensPicker(message)) {
      const open = await find(pickerInFocus(page));
      if (open !== undefined) return showPicker(open, frame);
    }
    unawaited(dispatchKey(page, message));
  };
  const go = async ({ to }: Extract<PageAct, { type: "go" }>) => {
    if (!(await navigate(page, to))) viewer.send({ type: "notice", what: "address_refused" });
  };
  const pick = async ({ id, choice }: Extract<PageAct, { type: "pick" }>) => {
    if (picker?.id !== id) return;
    const { open } = picker;
    picker = undefined;
    if (choice !== null) await open.choose(choice);
    open.release();
  };

  const doNext = async (message: PageAct, unawaited: Unawaited): Promise<void> => {
    const frame = shown();
    switch (message.type) {
      case "mouse":
        // Nobody can point at what they do not see.
        if (frame !== undefined) await mouse(message, frame, unawaited);
        break;
      case "wheel":
        if (frame !== undefined) unawaited(dispatchWheel(page, message, pointOf(message, frame)));
        break;
      case "key":
        await key(message, frame, unawaited);
        break;
      case "text":
        unawaited(insertText(page, message.text));
        break;
      case "paste":
        await paste(page, message.text);
        break;
      case "copy":
        viewer.send({ type: "copied", text: await readSelection(page) });
        break;
      case "go":
        unawaited(go(message));
        break;
      case "pick":
        await pick(message);
        break;
      case "answer":
        break;
    }
  };

  const act = async (message: PageAct): Promise<void> => {
    const sent: Promise<void>[] = [];
    const unawaited: Unawaited = (work) => void sent.push(work.catch(failed));
    // An answer cannot wait its turn: what came before may wait for it.
    if (message.type === "answer") unawaited(answerDialog(page, message));
    else await (turn = turn.then(() => doNext(message, unawaited)).catch(failed));
    await Promise.all(sent);
  };

  await Promise.all([
    page.send("Page.enable"),
    page.send("Page.setInterceptFileChooserDialog", { enabled: true, cancel: true }),
  ]);
  return {
    act(message) {
      const isPassing = message.type === "wheel" || (message.type === "mouse" && message.kind === "move");
      if (!isPassing) return act(message);
      // A page that hangs is not sent each of them: the next tells where the mouse is.
      if (passing >= mostPassing) return undefined;
      passing += 1;
      return act(message).finally(() => (passing -= 1));
    },
    async bringToFront() {
      await page.send("Page.bringToFront");
    },
    close() {
      listening[Symbol.dispose]();
      closePicker();
      return Promise.resolve();
    },
  };
}

/** What is sent to a page is not waited for: a press that opens a dialog is answered when that is closed. */
type Unawaited = (work: Promise<void>) => void;

const mostPassing = 32;

/** How long a page may take to say what is at a point, in milliseconds. */
const findMs = 1_000;

async function answerDialog(
  page: PageConnection,
  { accept, text }: Extract<PageAct, { type: "answer" }>,
): Promise<void> {
  await page.send("Page.handleJavaScriptDialog", {
    accept,
    ...(text === undefined ? {} : { promptText: text }),
  });
}

function fractionOf(area: Area, { width, height, offsetTop }: Frame): Area {
  return {
    x: area.x / width,
    y: (area.y + offsetTop) / height,
    width: area.width / width,
    height: area.height / height,
  };
}
