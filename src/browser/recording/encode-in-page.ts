import type * as Mediabunny from "mediabunny";

/** Runs in the encoder's page: takes the pictures from `/frames` until there are no more, and hands the video to `keep`. */
export async function encodeInPage({
  durationMs,
  mostPackets,
  longestFrameMs,
}: {
  durationMs: number;
  mostPackets: number;
  longestFrameMs: number;
}): Promise<void> {
  const { keep, mediabunny: library } = window as unknown as {
    keep(position: number, base64: string): Promise<void>;
    mediabunny: typeof Mediabunny;
  };
  const encoded = new WritableStream<Mediabunny.StreamTargetChunk>({
    async write({ data, position }) {
      let text = "";
      for (let at = 0; at < data.length; at += 32_768)
        text += String.fromCharCode(...data.subarray(at, at + 32_768));
      await keep(position, btoa(text));
    },
  });
  const output = new library.Output({
    // Its index first, so that it plays while it loads, and without holding it in memory.
    format: new library.Mp4OutputFormat({ fastStart: "reserve" }),
    target: new library.StreamTarget(encoded, { chunked: true, chunkSize: 2 ** 20 }),
  });
  const canvas = new OffscreenCanvas(2, 2);
  const context = canvas.getContext("2d", { alpha: false });
  let source: Mediabunny.CanvasSource | undefined;

  const begin = async (picture: ImageBitmap) => {
    // Encoders of H.264 want even sides.
    canvas.width = Math.max(2, picture.width - (picture.width % 2));
    canvas.height = Math.max(2, picture.height - (picture.height % 2));
    source = new library.CanvasSource(canvas, {
      codec: "avc",
      quality: library.QUALITY_MEDIUM,
      keyFrameInterval: 10,
      latencyMode: "quality",
    });
    output.addVideoTrack(source, { maximumPacketCount: mostPackets });
    await output.start();
  };
  /** Shows a picture until `endMs`; all of it, whatever its size: the window's may change. */
  const show = async (jpeg: Blob, fromMs: number, endMs: number) => {
    const picture = await createImageBitmap(jpeg);
    if (source === undefined) await begin(picture);
    const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
    const width = picture.width * scale;
    const height = picture.height * scale;
    context?.clearRect(0, 0, canvas.width, canvas.height);
    context?.drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    picture.close();
    for (let at = fromMs; at < endMs; at += longestFrameMs)
      await source?.add(at / 1_000, Math.min(longestFrameMs, endMs - at) / 1_000);
  };

  let shown: { jpeg: Blob; fromMs: number } | undefined;
  for (;;) {
    const batch = await (await fetch("/frames")).arrayBuffer();
    if (batch.byteLength === 0) break;
    const view = new DataView(batch);
    for (let position = 0; position < batch.byteLength; ) {
      const length = view.getUint32(position);
      const atMs = view.getFloat64(position + 4);
      const jpeg = new Blob([new Uint8Array(batch, position + 12, length)], { type: "image/jpeg" });
      // The first picture stands from the beginning.
      if (shown !== undefined) await show(shown.jpeg, shown.fromMs, atMs);
      shown = { jpeg, fromMs: shown === undefined ? 0 : atMs };
      position += 12 + length;
    }
  }
  if (shown !== undefined) await show(shown.jpeg, shown.fromMs, Math.max(durationMs, shown.fromMs + 1));
  await output.finalize();
}
