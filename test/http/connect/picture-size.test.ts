import fc from "fast-check";
import { expect, test } from "vitest";
import { pictureSize } from "../../../src/http/connect/picture-size.ts";
import { createQrReader } from "../../../src/http/connect/read-qr-code.ts";
import { launchChromium } from "../../support/chromium.ts";
import { qrCodeOf } from "../../support/qr-code.ts";

/** A PNG's first bytes, up to the size it claims. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([header, size]);
}

test("a picture's size is read before it is unpacked", async () => {
  expect(pictureSize(pngOf(3_000, 2_000))).toEqual({ width: 3_000, height: 2_000 });
  expect(pictureSize(pngOf(0, 5))).toBeUndefined();
  const real = await qrCodeOf("otpauth://totp/x?secret=MFSGCLLMMFZGG2BN");
  expect(pictureSize(real)).toMatchObject({ width: expect.any(Number) });
  expect(await createQrReader().read(pngOf(60_000, 60_000), "a")).toEqual({ ok: false, fault: "no picture" });
});

test("no bytes make it throw, or take a size from beyond their end", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("", "89504e470d0a1a0a", "ffd8", "ffd8ffe0", "ffd8ffffff"),
      fc.uint8Array({ maxLength: 64 }),
      (start, rest) => {
        const size = pictureSize(Buffer.concat([Buffer.from(start, "hex"), rest]));
        expect(size === undefined || (size.width > 0 && size.height > 0)).toBe(true);
      },
    ),
  );
});

test("a photograph of a QR code, askew on a page, is read", async () => {
  const text = "otpauth://totp/Larch:ada?secret=MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR&issuer=Larch";
  const code = (await qrCodeOf(text)).toString("base64");
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 900, height: 700 } });
  await page.setContent(
    `<body style="background:#ddd"><p>Scan this with your app</p><img style="margin:120px;rotate:11deg;filter:blur(.6px)" src="data:image/png;base64,${code}">`,
  );
  const photograph = await page.screenshot({ type: "jpeg", quality: 60 });
  await browser.close();
  expect(pictureSize(photograph)).toEqual({ width: 900, height: 700 });
  const read = await createQrReader().read(photograph, "a");
  expect(read.ok && read.text.reveal()).toBe(text);
});

test("few pictures wait, one of each visit; who is told to come again can", async () => {
  const qr = createQrReader();
  const picture = await qrCodeOf("otpauth://totp/x?secret=MFSGCLLMMFZGG2BN");
  const reading = ["a", "a", "b", "c", "d", "e", "f"].map((visit) => qr.read(picture, visit));
  const results = await Promise.allSettled(reading);
  expect(results.map(({ status }) => status === "fulfilled")).toEqual([
    true,
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(results[1]).toMatchObject({ reason: { code: "too_many_requests", retryAfterMs: 5_000 } });
  expect((await qr.read(picture, "a")).ok).toBe(true);
});
