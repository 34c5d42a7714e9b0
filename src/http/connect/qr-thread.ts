import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

/** Reads the QR code of one picture and says its text, or nothing. */
const wasm = readFileSync(fileURLToPath(import.meta.resolve("zxing-wasm/reader/zxing_reader.wasm")));
// Left to itself the library fetches its code from a CDN.
prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } });
const [code] = await readBarcodes(workerData as Uint8Array, {
  formats: ["QRCode"],
  tryHarder: true,
  maxNumberOfSymbols: 1,
});
parentPort?.postMessage(code?.text);
