import type { Outgoing } from "./make-connection.ts";
import type { Screen } from "./make-screen.ts";

/**
 * Runs in the page: fingers on the picture are a mouse in the page, which is one of a desktop's browser. A tap clicks, a
 * finger that moves scrolls, one that rests first drags; two zoom the view, which is the viewer's browser's own doing.
 */
export function makeTouch({
  canvas,
  screen,
  send,
}: {
  canvas: HTMLCanvasElement;
  screen: Screen;
  send(message: Outgoing): void;
}): void {
  const restMs = 450;
  const slop = 8;
  let finger: { id: number; x: number; y: number; what: "unknown" | "scroll" | "drag" } | undefined;
  let resting: number | undefined;

  const mouse = (kind: "move" | "down" | "up", event: PointerEvent, held: boolean) =>
    send({
      type: "mouse",
      kind,
      ...screen.pointOf(event),
      button: kind === "move" && !held ? "none" : "left",
      buttons: held ? 1 : 0,
      clicks: kind === "move" ? 0 : 1,
      modifiers: 0,
    });
  const forget = () => {
    clearTimeout(resting);
    finger = undefined;
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    // A second finger zooms.
    if (!event.isPrimary) {
      if (finger?.what === "drag") mouse("up", event, false);
      return forget();
    }
    const started = { id: event.pointerId, x: event.clientX, y: event.clientY, what: "unknown" as const };
    finger = started;
    canvas.setPointerCapture(event.pointerId);
    resting = window.setTimeout(() => {
      if (finger !== started) return;
      finger = { ...started, what: "drag" };
      mouse("move", event, false);
      mouse("down", event, true);
      navigator.vibrate?.(20);
    }, restMs);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (finger?.id !== event.pointerId) return;
    if (finger.what === "drag") return mouse("move", event, true);
    const dx = finger.x - event.clientX;
    const dy = finger.y - event.clientY;
    if (finger.what === "unknown" && Math.hypot(dx, dy) < slop) return;
    clearTimeout(resting);
    finger = { id: finger.id, x: event.clientX, y: event.clientY, what: "scroll" };
    const scale = screen.scale();
    send({ type: "wheel", ...screen.pointOf(event), dx: dx * scale, dy: dy * scale, modifiers: 0 });
  });
  canvas.addEventListener("pointerup", (event) => {
    if (finger?.id !== event.pointerId) return;
    if (finger.what === "drag") mouse("up", event, false);
    if (finger.what === "unknown") {
      mouse("move", event, false);
      mouse("down", event, true);
      mouse("up", event, false);
    }
    forget();
  });
  canvas.addEventListener("pointercancel", (event) => {
    if (finger?.id !== event.pointerId) return;
    if (finger.what === "drag") mouse("up", event, false);
    forget();
  });
}
