import type { Outgoing } from "./make-connection.ts";
import type { Screen } from "./make-screen.ts";

/** Runs in the page: the mouse over the picture goes to the page. */
export function makeMouse({
  canvas,
  screen,
  send,
  onPress,
}: {
  canvas: HTMLCanvasElement;
  screen: Screen;
  send(message: Outgoing): void;
  onPress(): void;
}): void {
  const names = ["left", "middle", "right", "back", "forward"] as const;
  let moved: PointerEvent | undefined;
  let last = { at: 0, x: 0, y: 0, button: -1, clicks: 0 };

  const modifiersOf = (event: MouseEvent) =>
    (event.altKey ? 1 : 0) | (event.ctrlKey ? 2 : 0) | (event.metaKey ? 4 : 0) | (event.shiftKey ? 8 : 0);
  const common = (event: MouseEvent) => ({
    ...screen.pointOf(event),
    buttons: event.buttons,
    modifiers: modifiersOf(event),
  });
  /** Which press of a double or triple click this is. */
  const countClick = ({ clientX: x, clientY: y, button, timeStamp: at }: MouseEvent) => {
    const isNear = Math.hypot(x - last.x, y - last.y) < 6 && button === last.button;
    last = { at, x, y, button, clicks: isNear && at - last.at < 500 ? (last.clicks % 3) + 1 : 1 };
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    onPress();
    countClick(event);
    const button = names[event.button] ?? "none";
    send({ type: "mouse", kind: "down", ...common(event), button, clicks: last.clicks });
  });
  canvas.addEventListener("pointerup", (event) => {
    if (event.pointerType === "touch") return;
    const button = names[event.button] ?? "none";
    send({ type: "mouse", kind: "up", ...common(event), button, clicks: last.clicks });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    // As often as the screen is painted: more tells the page nothing.
    if (moved === undefined)
      requestAnimationFrame(() => {
        if (moved === undefined) return;
        const held = moved.buttons;
        const button = held & 1 ? "left" : held & 2 ? "right" : held & 4 ? "middle" : "none";
        send({ type: "mouse", kind: "move", ...common(moved), button, clicks: 0 });
        moved = undefined;
      });
    moved = event;
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const line = event.deltaMode === 1 ? 40 : event.deltaMode === 2 ? 600 : 1;
      const clamp = (delta: number) => Math.min(10_000, Math.max(-10_000, delta * line * screen.scale()));
      const { x, y, modifiers } = common(event);
      send({ type: "wheel", x, y, dx: clamp(event.deltaX), dy: clamp(event.deltaY), modifiers });
    },
    { passive: false },
  );
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  // The back and forward buttons of a mouse would leave this page.
  canvas.addEventListener("mouseup", (event) => {
    if (event.button > 2) event.preventDefault();
  });
}
