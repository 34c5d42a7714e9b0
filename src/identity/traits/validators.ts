import type { Ajv, ErrorObject, Options, ValidateFunction } from "ajv";
import type { DataValidateFunction } from "ajv/dist/types/index.js";
import { onDemand } from "../../on-demand.ts";
import { type CheckedDocument, type Draft, unusable } from "./check-document.ts";
import { isEmailAddress, isPhoneNumber } from "./formats.ts";
import { pointerOf, type Schema, subschemasOf } from "./keywords.ts";
import { patternOf } from "./pattern.ts";
import { prepare, type Reference, referenceKeyword } from "./prepare.ts";

/** A fault as the compiler reports it. */
export type Fault = ErrorObject;

/** A document's schemas as functions. */
export interface Validators {
  /** What is wrong with a value by the schema of that place, a key of CheckedDocument.schemas; empty where nothing is. */
  faults: (place: string, value: unknown) => readonly Fault[];
}

/** What the fault of a `$ref` carries: the text of the reference, and the faults behind it. */
export interface ReferenceFault {
  text: string;
  causes: readonly Fault[];
}

/** A schema counts as often as it is compiled. */
const mostCompiled = 5_000;

const options: Options = {
  allErrors: true,
  verbose: true,
  strict: false,
  logger: false,
  validateSchema: false,
  meta: false,
  addUsedSchema: false,
  // So many digits after the point count: else 19.99 would be no multiple of 0.01.
  multipleOfPrecision: 9,
  // Without it a trait called `constructor` would be found in every object.
  ownProperties: true,
  code: { regExp: Object.assign((pattern: string) => patternOf(pattern), { code: "patternOf" }) },
};

/** Formats of Kratos's that are not JSON Schema's, and e-mail addresses by its rule. */
const formats: Record<string, (text: string) => boolean> = {
  email: isEmailAddress,
  tel: isPhoneNumber,
  noformat: () => true,
};

/** Those that were made: of each draft one, which is given no schema to keep. */
const metaCompilers = new Map<Draft, Ajv>();

/** What says whether a document is a schema at all. */
function metaCompilerOf(draft: Draft): Ajv {
  const made = metaCompilers.get(draft) ?? compilerOf(draft, { strict: false, logger: false });
  metaCompilers.set(draft, made);
  return made;
}

/**
 * @param asked the places that will be asked for, beside the whole: each is compiled now, for compiling takes long
 * @throws Failure `invalid_argument` where a schema cannot be compiled; refuseMalformed says better what is wrong with it
 */
export function createValidators(checked: CheckedDocument, asked: Iterable<string>): Validators {
  const { draft, schemas, targetOf } = checked;
  const ajv = compilerOf(draft, options);
  const compiled = new Map<string, ValidateFunction>();
  let isReady = false;

  ajv.addKeyword({
    keyword: referenceKeyword,
    errors: true,
    compile: ({ target, text }: Reference): DataValidateFunction => {
      const validate: DataValidateFunction = (value, context) => {
        if (!isReady) {
          return true;
        }
        const inner = validatorOf(target);
        const isValid = inner(value, context);
        const causes = inner.errors ?? [];
        validate.errors = isValid ? [] : [{ keyword: referenceKeyword, params: { text, causes } }];
        return isValid;
      };
      return validate;
    },
  });

  function validatorOf(place: string): ValidateFunction {
    const known = compiled.get(place);
    if (known !== undefined) {
      return known;
    }
    const validate = ajv.compile(prepare(schemas.get(place) ?? false, checked));
    compiled.set(place, validate);
    return validate;
  }

  const targets = [...schemas.values()].map(targetOf).filter((place) => place !== undefined);
  const places = new Set(["#", ...targets, ...asked]);
  refuseRepetition(places, schemas);
  compileAll(validatorOf, places);
  isReady = true;
  return {
    faults(place, value) {
      const validate = validatorOf(place);
      return validate(value) ? [] : (validate.errors ?? []);
    },
  };
}

/** Compiles all that will be needed, so that what cannot be compiled is told at once. */
function compileAll(validatorOf: (place: string) => ValidateFunction, places: Iterable<string>): void {
  try {
    for (const place of places) {
      // The engine compiles a function when it is first called, and takes as long again.
      validatorOf(place)(null);
    }
  } catch {
    throw unusable("it could not be compiled");
  }
}

/** A schema is compiled with all that stands in it: what is asked for inside each other is compiled again and again. */
function refuseRepetition(places: Iterable<string>, schemas: ReadonlyMap<string, Schema>): void {
  const sizes = new Map<string, number>();
  for (const [place, schema] of [...schemas].toReversed()) {
    const inner = subschemasOf(schema).map((subschema) => sizes.get(pointerOf(place, subschema)) ?? 0);
    sizes.set(
      place,
      inner.reduce((sum, size) => sum + size, 1),
    );
  }
  const compiled = [...places].reduce((sum, place) => sum + (sizes.get(place) ?? 0), 0);
  if (compiled > mostCompiled) {
    throw unusable("its alternatives and references hold too many schemas in each other");
  }
}

/** @throws Failure `invalid_argument` where a schema is none by the rules of its draft */
export function refuseMalformed({ document, draft }: CheckedDocument): void {
  const meta = metaCompilerOf(draft);
  // By the draft we found, however the document writes its name.
  const { $schema: _, $id: __, ...unnamed } = document;
  if (meta.validateSchema(unnamed) !== true) {
    const fault = meta.errors?.[0];
    throw unusable(`at #${fault?.instancePath ?? ""} it ${fault?.message ?? "is no JSON Schema"}`);
  }
}

function compilerOf(draft: Draft, chosen: Options): Ajv {
  const compiler =
    draft === "draft-07"
      ? new (onDemand.ajv().Ajv)(chosen)
      : (new (onDemand.ajv2020().Ajv2020)(chosen) as unknown as Ajv);
  onDemand.ajvFormats().default(compiler);
  for (const [name, isValid] of Object.entries(formats)) {
    compiler.addFormat(name, isValid);
  }
  // A format called `constructor` is not one it knows.
  Object.setPrototypeOf(compiler.formats, null);
  return compiler;
}
