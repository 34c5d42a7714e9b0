import { pointerStep } from "./json.ts";
import { referenceKeyword } from "./prepare.ts";
import type { Fault, ReferenceFault } from "./validators.ts";
import { listed, messageOf, quoted } from "./words.ts";

/** One thing that is wrong, and what it comes from. */
export interface FaultNode {
  /** Where in the value: the names on the way. */
  at: readonly string[];
  /** Where in the schema. */
  schema: string;
  /** Said only when it is asked: of thousands of faults, few are told. */
  message: () => string;
  causes: readonly FaultNode[];
  /** For what is said of names: which they are. */
  names?: readonly string[];
}

/** A fault of the compiler's list, its places split into their steps. */
interface Placed {
  fault: Fault;
  at: readonly string[];
  steps: readonly string[];
}

/** One schema looking at one value, and all that was found wrong there and further in. */
interface Evaluation {
  at: readonly string[];
  schema: string;
  faults: readonly Placed[];
}

/** Whose subschemas have a name or place of their own: it is the next step. */
const holders = new Set([
  "properties",
  "patternProperties",
  "dependencies",
  "dependentSchemas",
  "allOf",
  "anyOf",
  "oneOf",
  "prefixItems",
]);
const inPlace = new Set(["allOf", "anyOf", "oneOf", "then", "else", "dependencies", "dependentSchemas"]);
/** The order in which Kratos says several faults of one value. */
const order = [
  "const",
  "enum",
  "format",
  "not",
  "allOf",
  "anyOf",
  "oneOf",
  "if",
  "then",
  "else",
  "minProperties",
  "maxProperties",
  "required",
  "properties",
  "propertyNames",
  "patternProperties",
  "additionalProperties",
  "dependencies",
];

/** Builds, of the compiler's flat list, what Kratos's validator would have found: one fault a value, with its causes. */
export function faultTree(faults: readonly Fault[]): FaultNode {
  return evaluated({ at: [], schema: "#", faults: faults.map(placed) });
}

function placed(fault: Fault): Placed {
  return { fault, at: stepsOf(fault.instancePath), steps: stepsOf(fault.schemaPath).map(decodeURIComponent) };
}

function stepsOf(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function evaluated(evaluation: Evaluation): FaultNode {
  const { at, schema, faults } = evaluation;
  const byKeyword = Map.groupBy(faults, ({ steps }) => steps[0] ?? "");
  const type = byKeyword.get("type");
  const keywords =
    type === undefined ? [...byKeyword.keys()].toSorted((a, b) => rank(a) - rank(b)) : ["type"];
  const found = keywords.flatMap((keyword) => ofKeyword(keyword, evaluation, byKeyword.get(keyword) ?? []));
  const [only] = found;
  return found.length === 1 && only !== undefined
    ? only
    : { at, schema, message: () => "validation failed", causes: found };
}

function rank(keyword: string): number {
  const place = order.indexOf(keyword);
  return place === -1 ? order.length : place;
}

function ofKeyword(keyword: string, evaluation: Evaluation, faults: readonly Placed[]): FaultNode[] {
  const own = faults.filter(({ steps }) => steps.length === 1);
  const inner = innerOf(
    keyword,
    evaluation,
    faults.filter(({ steps }) => steps.length > 1),
  );
  switch (keyword) {
    case "required":
      return [
        aboutNames(
          evaluation,
          keyword,
          "missing properties: ",
          own.map(({ fault }) => fault.params["missingProperty"]),
        ),
      ];
    case "additionalProperties":
    case "unevaluatedProperties": {
      const names = own.map(
        ({ fault }) => fault.params["additionalProperty"] ?? fault.params["unevaluatedProperty"],
      );
      return names.length === 0
        ? inner
        : [aboutNames(evaluation, keyword, `${keyword} `, names, " not allowed")];
    }
    case "then":
    case "else":
      return [wrap(evaluation, keyword, () => `if-${keyword} failed`, inner)];
    case "anyOf":
    case "oneOf":
    case "contains":
      return own.map(({ fault }) =>
        wrap(evaluation, keyword, () => messageOf(fault), isAmbiguous(fault) ? [] : inner),
      );
    case "if":
    case "propertyNames":
      return inner;
    case referenceKeyword:
      return own.map(({ fault }) => behindReference(evaluation, fault));
    default:
      return [...own.map(({ fault }) => leaf(evaluation, keyword, fault)), ...inner];
  }
}

/** What went wrong further in, one fault for each schema that looked at each value there. */
function innerOf(keyword: string, { at, schema }: Evaluation, faults: readonly Placed[]): FaultNode[] {
  const evaluations = new Map<string, Evaluation & { faults: Placed[] }>();
  for (const { fault, at: faultAt, steps } of faults) {
    const isNamed =
      holders.has(keyword) || (keyword === "items" && steps.length > 2 && /^\d+$/.test(steps[1] ?? ""));
    const width = isNamed ? 2 : 1;
    const place = [schema, ...steps.slice(0, width).map(goPathStep)].join("/");
    const name = keyword === "propertyNames" ? fault.propertyName : faultAt[at.length];
    const innerAt = inPlace.has(keyword) || name === undefined ? at : [...at, name];
    const key = JSON.stringify([place, innerAt]);
    const evaluation = evaluations.get(key) ?? { at: innerAt, schema: place, faults: [] };
    evaluation.faults.push({ fault, at: faultAt, steps: steps.slice(width) });
    evaluations.set(key, evaluation);
  }
  return [...evaluations.values()].map((evaluation) => {
    const node = evaluated(evaluation);
    return keyword === "allOf"
      ? { at, schema: evaluation.schema, message: () => "allOf failed", causes: [node] }
      : node;
  });
}

function behindReference({ at, schema }: Evaluation, fault: Fault): FaultNode {
  const { text, causes } = fault.params as ReferenceFault;
  const inner = evaluated({ at, schema: text, faults: causes.map(placed) });
  return {
    at,
    schema: `${schema}/$ref`,
    message: () => `doesn't validate with ${quoted(text)}`,
    causes: [inner],
  };
}

function leaf({ at, schema }: Evaluation, keyword: string, fault: Fault): FaultNode {
  const message = () => messageOf(fault);
  if (keyword === "false schema") {
    return { at, schema, message, causes: [] };
  }
  if (keyword === "dependencies" || keyword === "dependentRequired") {
    const { property, missingProperty } = fault.params as Record<string, string>;
    const names: unknown = (fault.schema as Record<string, unknown> | undefined)?.[property ?? ""];
    const index = Array.isArray(names) ? names.indexOf(missingProperty) : 0;
    const place = [schema, keyword, goPathStep(property ?? ""), String(index)].join("/");
    return { at, schema: place, message, causes: [], names: [missingProperty ?? ""] };
  }
  return { at, schema: `${schema}/${keyword}`, message, causes: [] };
}

function aboutNames(
  { at, schema }: Evaluation,
  keyword: string,
  before: string,
  found: readonly unknown[],
  after = "",
): FaultNode {
  const names = found.map(String);
  const message = () => `${before}${listed(names, quoted)}${after}`;
  return { at, schema: `${schema}/${keyword}`, message, causes: [], names };
}

function wrap(
  { at, schema }: Evaluation,
  keyword: string,
  message: () => string,
  causes: readonly FaultNode[],
): FaultNode {
  return { at, schema: `${schema}/${keyword}`, message, causes };
}

/** A oneOf that more than one branch allowed: what was wrong with the others is of no interest. */
function isAmbiguous(fault: Fault): boolean {
  return fault.keyword === "oneOf" && Array.isArray(fault.params["passingSchemas"]);
}

/** A step as Go writes it into a URL: its `url.PathEscape` leaves other characters alone than JavaScript's. */
export function goPathStep(step: string): string {
  return encodeURIComponent(pointerStep(step.toWellFormed()))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(?:24|26|2B|3D|3A|40)/g, (escaped) => decodeURIComponent(escaped));
}
