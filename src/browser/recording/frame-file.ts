import { type FileHandle, open } from "node:fs/promises";

/** A picture and when it was painted, in milliseconds from the recording's beginning. */
export interface RecordedFrame {
  atMs: number;
  jpeg: Buffer;
}

/** Length of the picture (32 bits, big-endian) and its time (a double). */
const headerBytes = 12;

/** Pictures on disk, in their order: a recording is too large for memory. */
export interface FrameFile extends AsyncDisposable {
  /** How many pictures, and bytes, it holds. */
  readonly count: number;
  readonly bytes: number;
  append(frame: RecordedFrame): Promise<void>;
}

export async function createFrameFile(path: string): Promise<FrameFile> {
  const file = await open(path, "wx", 0o600);
  let count = 0;
  let bytes = 0;
  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    async append({ atMs, jpeg }) {
      const header = Buffer.alloc(headerBytes);
      header.writeUInt32BE(jpeg.length);
      header.writeDoubleBE(atMs, 4);
      await file.writev([header, jpeg]);
      count += 1;
      bytes += headerBytes + jpeg.length;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** The pictures of a file, oldest first. One that was cut off, as the disk was full, is left out. */
export async function* readFrameFile(path: string): AsyncGenerator<RecordedFrame> {
  const file = await open(path, "r");
  try {
    for (let position = 0; ; ) {
      const header = await read(file, headerBytes, position);
      if (header === undefined) return;
      const jpeg = await read(file, header.readUInt32BE(), position + headerBytes);
      if (jpeg === undefined) return;
      yield { atMs: header.readDoubleBE(4), jpeg };
      position += headerBytes + jpeg.length;
    }
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, length: number, position: number): Promise<Buffer | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return bytesRead === length ? buffer : undefined;
}
