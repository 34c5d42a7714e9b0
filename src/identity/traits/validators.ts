import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { DataValidateFunction } from "ajv/dist/types/index.js";
import addFormats from "ajv-formats";

import { type CheckedDocument, type Draft, unusable } from "./check-document.ts";
import { isEmailAddress, isPhoneNumber } from "./formats.ts";
import type { Schema } from "./keywords.ts";
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

/** What says whether a document is a schema at all. They are given no schema to keep. */
const metaCompilers: Readonly<Record<Draft, Ajv>> = {
  "draft-07": compilerOf("draft-07", { strict: false, logger: false }),
  "2020-12": compilerOf("2020-12", { strict: false, logger: false }),
};

/** @throws Failure `invalid_argument` where a schema cannot be compiled; refuseMalformed says better what is wrong with it */
export function createValidators(checked: CheckedDocument): Validators {
  const { draft, schemas, targetOf } = checked;
  const ajv = compilerOf(draft, options);
  const compiled = new Map<string, ValidateFunction>();

  ajv.addKeyword({
    keyword: referenceKeyword,
    errors: true,
    compile: ({ target, text }: Reference): DataValidateFunction => {
      const validate: DataValidateFunction = (value, context) => {
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

  compileAll(validatorOf, schemas, targetOf);
  return {
    faults(place, value) {
      const validate = validatorOf(place);
      return validate(value) ? [] : (validate.errors ?? []);
    },
  };
}

/** Compiles what each `$ref` leads to, and the whole, so that what cannot be compiled is told at once. */
function compileAll(
  validatorOf: (place: string) => ValidateFunction,
  schemas: ReadonlyMap<string, Schema>,
  targetOf: CheckedDocument["targetOf"],
): void {
  const targets = [...schemas.values()]
    .map((schema) => targetOf(schema))
    .filter((place) => place !== undefined);
  try {
    for (const place of new Set(["#", ...targets])) {
      validatorOf(place);
    }
  } catch {
    throw unusable("it could not be compiled");
  }
}

/** @throws Failure `invalid_argument` where a schema is none by the rules of its draft */
export function refuseMalformed({ document, draft }: CheckedDocument): void {
  const meta = metaCompilers[draft];
  // By the draft we found, however the document writes its name.
  const { $schema: _, $id: __, ...unnamed } = document;
  if (meta.validateSchema(unnamed) !== true) {
    const fault = meta.errors?.[0];
    throw unusable(`at #${fault?.instancePath ?? ""} it ${fault?.message ?? "is no JSON Schema"}`);
  }
}

function compilerOf(draft: Draft, chosen: Options): Ajv {
  const compiler = draft === "draft-07" ? new Ajv(chosen) : (new Ajv2020(chosen) as unknown as Ajv);
  addFormats.default(compiler);
  for (const [name, isValid] of Object.entries(formats)) {
    compiler.addFormat(name, isValid);
  }
  // A format called `constructor` is not one it knows.
  Object.setPrototypeOf(compiler.formats, null);
  return compiler;
}
