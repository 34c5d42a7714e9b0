import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { prepareZXingModule, writeBarcode } from "zxing-wasm/writer";

/** A PNG picture of a QR code. */
export async function qrCodeOf(text: string): Promise<Buffer> {
  const wasm = await readFile(fileURLToPath(import.meta.resolve("zxing-wasm/writer/zxing_writer.wasm")));
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } });
  const { image } = await writeBarcode(text, { format: "QRCode", scale: 6 });
  return Buffer.from((await image?.arrayBuffer()) ?? new ArrayBuffer());
}
