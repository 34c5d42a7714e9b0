/** Longest name in bytes of UTF-8: file systems allow 255, and a number or suffix may yet be added. */
const longest = 200;
const longestExtension = 20;

/**
 * A file name that names a file in one folder and nothing else, whatever a site suggested: no path, no control or
 * reserved characters, no leading dot, not too long. Unicode stays. Idempotent.
 */
export function safeFileName(suggested: string): string {
  const cleaned = suggested
    .normalize("NFC")
    .toWellFormed()
    .replace(/^.*[/\\]/s, "")
    // Control and format characters, the latter for right-to-left overrides that disguise an ending.
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/\s+/g, " ")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  return shortened(cleaned) || "file";
}

/** `report.pdf` → `report (2).pdf`, shortened if need be. */
export function withNumber(name: string, number: number): string {
  const { stem, extension } = split(name);
  return joined(stem, ` (${number})${extension}`);
}

function shortened(name: string): string {
  const { stem, extension } = split(name);
  return joined(stem, extension);
}

/** The stem cut so that what follows it still fits. */
function joined(stem: string, end: string): string {
  const room = longest - Buffer.byteLength(end);
  if (Buffer.byteLength(stem) <= room) return stem + end;
  let kept = "";
  let bytes = 0;
  for (const character of stem) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return kept.replace(/[.\s]+$/, "") + end;
}

function split(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf(".");
  if (dot <= 0 || Buffer.byteLength(name.slice(dot)) > longestExtension) return { stem: name, extension: "" };
  return { stem: name.slice(0, dot), extension: name.slice(dot) };
}
