import { onDemand } from "../../on-demand.ts";

/** Control characters, and what Unicode says is not to be shown: zero-width spaces, joiners, bidirectional marks, variation selectors. */
const unseen = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Each pass only ever shortens or folds; two settle all text but a few oddities of Unicode, and none needs more than this. */
const mostPasses = 8;

/**
 * An identifier or address as it is compared and kept: without invisible characters, in Unicode's NFKC (which folds
 * full-width letters), trimmed, in lower case; a valid international phone number becomes E.164. Twice gives the same
 * as once. Kratos's rule for identifiers and addresses.
 *
 * @param via how it is reached where that is known; a number is read as one unless it is known to be an e-mail address.
 */
export function normaliseIdentifier(text: string, via?: "email" | "sms"): string {
  let folded = fold(text);
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const again = fold(folded);
    if (again === folded) {
      break;
    }
    folded = again;
  }
  return (via === "email" ? undefined : phoneNumber(folded)) ?? folded;
}

/** A phone number in E.164, or nothing where the text is no valid international number and nothing else. */
export function phoneNumber(text: string): string | undefined {
  if (!text.startsWith("+")) {
    return undefined;
  }
  const number = onDemand.phoneNumbers().parsePhoneNumberFromString(text, { extract: false });
  return number?.isValid() === true ? number.number : undefined;
}

function fold(text: string): string {
  return text.toWellFormed().normalize("NFKC").replace(unseen, "").toLowerCase().normalize("NFKC").trim();
}
