import { z } from "zod";
import { connectRaw, type RawConnection } from "../browser/screencast/raw-connection.ts";
import { Failure } from "../failure.ts";
import type { LiveSession } from "./types.ts";

/** What the clipboard of the session's browser holds as text; empty for nothing. @throws Failure `browser_crashed` */
export async function readClipboard(live: LiveSession): Promise<string> {
  return await inField(live, async (field) => {
    await field.command("paste");
    return await field.text();
  });
}

/** Puts a text into the clipboard of the session's browser. @throws Failure `browser_crashed` */
export async function writeClipboard(live: LiveSession, text: string): Promise<void> {
  await inField(live, async (field) => {
    await field.fill(text);
    await field.command("selectAll");
    await field.command("copy");
  });
}

interface Field {
  /** An editing command, as a shortcut gives it: it needs no permission of a page's. */
  command(name: "copy" | "paste" | "selectAll"): Promise<void>;
  fill(text: string): Promise<void>;
  text(): Promise<string>;
}

/** Pages may not look at the clipboard unasked, so it is done in an empty page of our own, which nobody sees. */
async function inField<T>(live: LiveSession, work: (field: Field) => Promise<T>): Promise<T> {
  using _held = live.hold();
  const connection = await connectRaw(live.endpoint).catch(gone);
  try {
    const { targetId } = created.parse(
      await connection.send("Target.createTarget", { url: "about:blank", hidden: true }),
    );
    try {
      const { sessionId } = attached.parse(
        await connection.send("Target.attachToTarget", { targetId, flatten: true }),
      );
      return await work(await openField(connection, sessionId));
    } finally {
      await connection.send("Target.closeTarget", { targetId });
    }
  } catch (cause) {
    throw gone(cause);
  } finally {
    await connection.close();
  }
}

function gone(cause: unknown): never {
  throw new Failure("browser_crashed", "The session's browser does not answer.", { cause });
}

const created = z.object({ targetId: z.string() });
const attached = z.object({ sessionId: z.string() });
const evaluated = z.object({ result: z.object({ value: z.string().default("") }) });

async function openField(connection: RawConnection, sessionId: string): Promise<Field> {
  const evaluate = async (expression: string) =>
    evaluated.parse(await connection.send("Runtime.evaluate", { expression, returnByValue: true }, sessionId))
      .result.value;
  await connection.send("Emulation.setFocusEmulationEnabled", { enabled: true }, sessionId);
  await evaluate(
    "document.body.innerHTML = '<textarea></textarea>'; document.querySelector('textarea').focus(); ''",
  );
  return {
    async command(name) {
      await connection.send("Input.dispatchKeyEvent", { type: "rawKeyDown", commands: [name] }, sessionId);
    },
    async fill(text) {
      await connection.send("Input.insertText", { text }, sessionId);
    },
    text: () => evaluate("document.querySelector('textarea').value"),
  };
}
