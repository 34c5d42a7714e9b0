import { setTimeout } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { messagePage } from "./views/message.ts";
import { sendPage } from "./visitors.ts";

/** Where a switch is on: everywhere, nowhere, or on the paths that match (`/^\/statements/`). */
type Where = boolean | RegExp;

export interface Switches {
  /** Milliseconds each page takes longer. */
  delayMs: number;
  /** Answers with status 503. */
  serverError: Where;
  /** Never answers. */
  hang: Where;
  /** Cuts the connection. */
  reset: Where;
}

export function calm(): Switches {
  return { delayMs: 0, serverError: false, hang: false, reset: false };
}

/** Makes the pages slow, broken or hanging as the switches say at the time of each request. */
export function misbehave(app: FastifyInstance, switches: Switches): void {
  app.addHook("onRequest", async (request, reply) => {
    const path = request.url.replace(/\?.*$/, "");
    const on = (where: Where) => (typeof where === "boolean" ? where : where.test(path));
    if (on(switches.hang)) return void reply.hijack();
    if (on(switches.reset)) {
      reply.hijack();
      return void request.raw.socket.destroy();
    }
    if (switches.delayMs > 0) await setTimeout(switches.delayMs, undefined, { ref: false });
    if (on(switches.serverError)) {
      return sendPage(
        reply.status(503),
        messagePage({
          title: "Something went wrong",
          text: "Our servers are having a moment. Please try again later.",
        }),
      );
    }
  });
}
