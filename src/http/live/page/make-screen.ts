import type { FrameHeader } from "../../../browser/screencast/protocol.ts";
import type { Outgoing } from "./make-connection.ts";

/** Runs in the page: draws frames, and keeps the server told of how large a picture is of use. */
export function makeScreen({
  canvas,
  stage,
  fit,
  send,
  onDrawn,
}: {
  canvas: HTMLCanvasElement;
  stage: HTMLElement;
  fit: HTMLElement;
  send(message: Outgoing): void;
  onDrawn(): void;
}) {
  const context = canvas.getContext("2d");
  let page = { width: 0, height: 0 };
  let isFitted = true;
  let asked = "";

  const layOut = () => {
    if (page.width === 0) return;
    const scale = isFitted ? Math.min(stage.clientWidth / page.width, stage.clientHeight / page.height) : 1;
    canvas.style.width = `${Math.max(1, Math.floor(page.width * scale))}px`;
    canvas.style.height = `${Math.max(1, Math.floor(page.height * scale))}px`;
  };
  const askForSize = () => {
    const { width: pageWidth, height: pageHeight } = page.width > 0 ? page : { width: 1, height: 1 };
    const isWider = pageWidth * stage.clientHeight > pageHeight * stage.clientWidth;
    const shown = isFitted
      ? isWider
        ? stage.clientWidth
        : stage.clientHeight
      : Math.max(pageWidth, pageHeight);
    // In steps, so that a window being resized does not start the pictures anew at each pixel.
    const step = 160;
    const side = Math.min(4_096, Math.max(320, Math.ceil((shown * devicePixelRatio) / step) * step));
    if (asked === String(side)) return;
    asked = String(side);
    send({ type: "size", width: side, height: side });
  };

  new ResizeObserver(() => {
    layOut();
    askForSize();
  }).observe(stage);
  fit.addEventListener("click", () => {
    isFitted = !isFitted;
    fit.setAttribute("aria-pressed", String(isFitted));
    layOut();
    askForSize();
  });

  return {
    async draw({ n, width, height }: FrameHeader, jpeg: Blob) {
      try {
        const picture = await createImageBitmap(jpeg);
        if (canvas.width !== picture.width) canvas.width = picture.width;
        if (canvas.height !== picture.height) canvas.height = picture.height;
        context?.drawImage(picture, 0, 0);
        picture.close();
        const isOther = page.width !== width || page.height !== height;
        page = { width, height };
        if (isOther) {
          layOut();
          askForSize();
        }
        onDrawn();
      } finally {
        send({ type: "shown", n });
      }
    },
    /** A new connection knows no size yet. */
    connected() {
      asked = "";
      askForSize();
    },
    /** Where an event lies in the picture, as fractions of it. */
    pointOf({ clientX, clientY }: { clientX: number; clientY: number }) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const within = (value: number) => Math.min(1, Math.max(0, value));
      return { x: within((clientX - left) / width), y: within((clientY - top) / height) };
    },
    /** How many of the page's pixels one of the screen's is. */
    scale: () => (canvas.clientWidth === 0 ? 1 : page.width / canvas.clientWidth),
    box: () => canvas.getBoundingClientRect(),
  };
}

export type Screen = ReturnType<typeof makeScreen>;
