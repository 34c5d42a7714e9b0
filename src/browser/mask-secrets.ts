import type { Frame, Locator, Page } from "playwright-core";
import type { Redactor } from "../redact.ts";

/** Names that sites give to fields of passwords and codes, for fields that are shown as plain text. */
const tellingNames = [
  "passw",
  "passcode",
  "passphrase",
  "pwd",
  "otp",
  "mfa",
  "2fa",
  "twofactor",
  "two-factor",
  "two_factor",
  "onetime",
  "one-time",
  "one_time",
  "verification",
  "secret",
];

const secretFields = [
  "input[type=password i]",
  "[autocomplete~=one-time-code i]",
  "[autocomplete~=current-password i]",
  "[autocomplete~=new-password i]",
  // One box per digit of a code.
  'input[maxlength="1"]',
  ...["name", "id", "aria-label", "placeholder"].flatMap((attribute) =>
    tellingNames.map((name) => `input[${attribute}*="${name}" i]`),
  ),
].join(",");

/**
 * What to mask in a screenshot: password and code fields in every frame and open shadow root, shown in clear or not,
 * and any field that holds a value the redactor knows — whatever it is called.
 */
export async function secretLocators({
  page,
  redactor,
}: {
  page: Page;
  redactor: Redactor;
}): Promise<Locator[]> {
  const perFrame = await Promise.all(
    page
      .frames()
      .map(async (frame) => [frame.locator(secretFields), ...(await knownValues(frame, redactor))]),
  );
  return perFrame.flat();
}

/** Fields by what they hold: one revealed by "show password", one that a site named beyond recognition. */
async function knownValues(frame: Frame, redactor: Redactor): Promise<Locator[]> {
  const fields = frame.locator("input, textarea, [contenteditable]");
  // A frame that goes away meanwhile shows nothing.
  const values = await fields.evaluateAll(valuesOf).catch(() => []);
  return values.flatMap((value, index) =>
    value !== "" && redactor.scrub(value) !== value ? [fields.nth(index)] : [],
  );
}

/** Runs in the page. */
function valuesOf(elements: Element[]): string[] {
  return elements.map((element) =>
    element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement
      ? element.value
      : (element.textContent ?? ""),
  );
}
