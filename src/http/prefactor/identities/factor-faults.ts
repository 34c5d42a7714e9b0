import { Failure, type FailureDetail } from "../../../failure.ts";
import type { GivenFactor } from "../factor-schemas.ts";
import { RefusedValue } from "../failure-words.ts";

/** Does a write; what is wrong with the traits it makes is told as what is wrong with the factors they come from. */
export async function inWordsOfFactors<T>(
  given: readonly GivenFactor[],
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Failure && error.code === "invalid_traits") throw ofFactors(error, given);
    throw error;
  }
}

function ofFactors(failure: Failure, given: readonly GivenFactor[]): RefusedValue {
  const faults = (failure.details ?? []).map((detail) => faultOf(detail, given));
  const word = faults.some(({ isMissing }) => isMissing) ? "required_value" : "invalid_value";
  const text = faults.map(({ message }) => message).join("; ");
  return new RefusedValue(word, text === "" ? `factors: ${failure.message}` : text, { cause: failure });
}

/** @param detail its path is that of a trait, and a trait has the name of its factor */
function faultOf({ path, message }: FailureDetail, given: readonly GivenFactor[]) {
  const name = path.split(".").at(-1) ?? "";
  const index = given.findIndex((factor) => factor.name === name);
  if (index >= 0) return { isMissing: false, message: `factors.${index}.value: ${inOurWords(message)}` };
  const isMissing = message.startsWith("missing properties");
  return {
    isMissing,
    message: isMissing
      ? `factors: the pool's schema asks for "${name}"`
      : `factors: they make traits the pool's schema does not allow: ${path}: ${message}`,
  };
}

const inOurWords = (message: string) =>
  message.endsWith('is not valid "email"') ? "is not an e-mail address" : message;
