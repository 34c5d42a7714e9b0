/**
 * How large a PNG or JPEG picture says it is, in pixels, or undefined for anything else. Read before the picture is
 * unpacked: a few kilobytes may unpack to gigabytes.
 */
export function pictureSize(picture: Buffer): { width: number; height: number } | undefined {
  const size = isPng(picture) ? pngSize(picture) : isJpeg(picture) ? jpegSize(picture) : undefined;
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");
const isPng = (picture: Buffer) => picture.length >= 24 && picture.subarray(0, 8).equals(pngSignature);
const isJpeg = (picture: Buffer) => picture.length > 4 && picture.readUInt16BE(0) === 0xffd8;

/** The first chunk is the header (PNG specification §11.2.2). */
function pngSize(picture: Buffer) {
  return { width: picture.readUInt32BE(16), height: picture.readUInt32BE(20) };
}

/** The frame header, SOF0 to SOF15 but for DHT, JPG and DAC (ITU-T T.81 §B.2.2). */
function jpegSize(picture: Buffer) {
  const tables = new Set([0xc4, 0xc8, 0xcc]);
  for (let at = 2; at + 9 <= picture.length; ) {
    if (picture[at] !== 0xff) return undefined;
    const marker = picture[at + 1] ?? 0;
    // Any number of fill bytes may come before a marker.
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && !tables.has(marker))
      return { height: picture.readUInt16BE(at + 5), width: picture.readUInt16BE(at + 7) };
    else at += 2 + picture.readUInt16BE(at + 2);
  }
  return undefined;
}
