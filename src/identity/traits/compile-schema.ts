import { Failure, type FailureDetail } from "../../failure.ts";
import { type CheckedDocument, checkDocument, unusable } from "./check-document.ts";
import { createFinder, type Marks, marksOf } from "./extract.ts";
import { detailsOf, reasonOf } from "./fault-text.ts";
import { faultTree } from "./fault-tree.ts";
import { type Extracted, identifiedBy } from "./identified-by.ts";
import { interruptible, isTimeout } from "./interruptible.ts";
import type { JsonObject } from "./json.ts";
import { unfit } from "./unfit.ts";
import { createValidators, refuseMalformed, type Validators } from "./validators.ts";

/** How long one look at an identity's traits may take: far more than any honest schema needs, even on a busy machine. */
const inTime = interruptible(500);
const atOnce = <Result>(work: () => Result): Result => work();
/** What the characters of a schema, times those of traits, may come to without a watch on the time. */
const mostUnwatched = 1_000_000;
const limits = { depth: 32, values: 10_000, characters: 64 * 1024 };
/** How long making a schema ready may take. */
const inTimeToCompile = interruptible(5_000);

export interface TraitsSchema {
  readonly document: JsonObject;
  /**
   * What is wrong with traits: `reason` in Kratos's words, and each fault with its place (`traits.email`). Nothing where
   * they fit. A fault of a format or a number repeats the trait's value, cut at 100 characters, as Kratos's does.
   * Never throws.
   */
  faultsOf(traits: unknown): { reason: string; faults: FailureDetail[] } | null;
  /**
   * What traits that fit are good for, normalised.
   *
   * @throws Failure `invalid_argument` where they are more than the schema can be applied to in time: faultsOf says so too
   */
  extract(traits: JsonObject): Extracted;
}

/**
 * Makes an identity schema ready for use: JSON Schema draft-07, or 2020-12 where `$schema` says so, with Kratos's
 * keyword `ory.sh/kratos` in it. The schema comes from whoever has a key: nothing is fetched for it, and no pattern of
 * it can hold up the process for longer than half a second.
 *
 * @throws Failure `invalid_argument`, saying what and where: no JSON Schema of those drafts, nothing under
 *   `properties.traits`, a `$ref` that leaves the document or leads in a circle, a nested `$id`, an unknown key of
 *   `ory.sh/kratos`, a pattern that is none or longer than 1,000 characters, more than 256 KiB of text, deeper than 32 levels.
 */
export function compileTraitsSchema(document: unknown): TraitsSchema {
  const { checked, marks, validators } = compiled(document);
  const size = canTakeLong(checked) ? Number.POSITIVE_INFINITY : sizeOf(checked.document);
  const runFor = (traits: unknown) => (size * sizeOf(traits) > mostUnwatched ? inTime : atOnce);
  const finder = createFinder(checked, marks, (place, value) => validators.faults(place, value).length === 0);

  return {
    document: checked.document,

    faultsOf(traits) {
      const fault = unfit(traits, limits);
      if (fault !== undefined) {
        return refused(fault);
      }
      try {
        return runFor(traits)(() => {
          const faults = validators.faults("#", { traits });
          if (faults.length === 0) {
            return null;
          }
          const tree = faultTree(faults);
          return { reason: reasonOf(tree), faults: detailsOf(tree) };
        });
      } catch (error) {
        return refused(`could not be checked${isTimeout(error) ? " in time" : ""} against the schema`);
      }
    },

    extract(traits) {
      try {
        return runFor(traits)(() => identifiedBy(finder.find({ traits })));
      } catch {
        throw unusable("it takes too long for these traits");
      }
    },
  };
}

function compiled(document: unknown): { checked: CheckedDocument; marks: Marks; validators: Validators } {
  try {
    const checked = inTimeToCompile(() => checkDocument(document));
    // Not in the time: what is stopped in its middle is of no use after, and this is used for all schemas.
    refuseMalformed(checked);
    return inTimeToCompile(() => {
      const marks = marksOf(checked);
      return { checked, marks, validators: createValidators(checked, marks.deciding) };
    });
  } catch (error) {
    throw error instanceof Failure ? error : unusable("it takes too long to make ready");
  }
}

/** Whether a schema can spend more time on a value than its size times the value's allows for. */
function canTakeLong({ schemas }: CheckedDocument): boolean {
  const keywords = ["pattern", "patternProperties", "$ref", "uniqueItems"];
  return [...schemas.values()].some(
    (schema) => typeof schema !== "boolean" && keywords.some((keyword) => schema[keyword] !== undefined),
  );
}

/** The watch on the time costs a thread each time, which is much on a busy machine: what is small enough goes without. */
function sizeOf(value: unknown): number {
  return (JSON.stringify(value) ?? "").length;
}

function refused(message: string): { reason: string; faults: FailureDetail[] } {
  return { reason: `I[#/traits] S[#/properties/traits] ${message}`, faults: [{ path: "traits", message }] };
}
