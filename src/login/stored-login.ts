import { z } from "zod";
import { Failure, type FailureCode } from "../failure.ts";
import type { Redactor } from "../redact.ts";
import type { Decision, Situation } from "./situation.ts";

const format = "latchkey-login";
const version = 1;

/**
 * A login as it is stored: what each decision rested on, and what was decided. A fixture of the tests has the same
 * form; there the decision is what is wanted, and what it leaves out is not compared.
 */
export interface StoredLogin {
  /** How the login ended; null in a fixture of single pages. */
  end: "signed_in" | FailureCode | null;
  steps: readonly StoredStep[];
}

export interface StoredStep {
  /** Milliseconds since the login began. */
  atMs: number;
  decision: StoredDecision;
  situation: Situation;
}

export interface StoredDecision {
  rule: string;
  saw?: string;
  doing?: string;
  reason?: string;
  action: { kind: string; [member: string]: unknown };
}

/** Gathers what `LoginRequest.onSituation` is told. */
export interface LoginRecorder {
  onSituation: (seen: { atMs: number; situation: Situation; decision: Decision }) => void;
  readonly steps: readonly StoredStep[];
}

export function createLoginRecorder(): LoginRecorder {
  const steps: StoredStep[] = [];
  return {
    onSituation: ({ decision, ...seen }) => void steps.push({ ...seen, decision: { ...decision } }),
    steps,
  };
}

/** A stored login as a file's text: one JSON document, a step a line. Every text of the page is scrubbed. */
export function formatStoredLogin({ end, steps }: StoredLogin, redactor: Pick<Redactor, "scrub">): string {
  const head = JSON.stringify({ format, version, end }).slice(0, -1);
  const lines = steps.map((step) => JSON.stringify(scrubTexts(step, redactor)));
  return `${head},"steps":[\n${lines.join(",\n")}\n]}\n`;
}

/** Members that hold words of ours and never a page's: taking a password like "submit" out of them would only break them. */
const ownWords = new Set(
  "ref kind role tone readyState rule code hints tick button what value custom askedAgain httpChallenge".split(
    " ",
  ),
);

function scrubTexts(value: unknown, redactor: Pick<Redactor, "scrub">): unknown {
  if (typeof value === "string") return redactor.scrub(value);
  if (Array.isArray(value)) return value.map((item) => scrubTexts(item, redactor));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, ownWords.has(key) ? item : scrubTexts(item, redactor)]),
  );
}

const list = z.array(z.unknown());
const situation = z.looseObject({
  snapshot: z.looseObject({
    url: z.string(),
    frames: z.array(
      z.looseObject({
        url: z.string(),
        groups: list,
        fields: z.array(z.looseObject({ ref: z.string(), kind: z.string() })),
        controls: z.array(z.looseObject({ ref: z.string(), text: z.string() })),
        messages: list,
        headings: list,
        dialogs: list,
        challenges: list,
        texts: list,
      }),
    ),
    activity: z.looseObject({ answers: list }),
  }),
  history: z.looseObject({ passwordSubmits: z.number(), codeSubmits: z.number(), acts: list }),
  has: z.looseObject({}),
  sourceUrl: z.string(),
});

const document = z.object({
  format: z.literal(format),
  version: z.literal(version),
  end: z.string().nullable().default(null),
  steps: z.array(
    z.object({
      atMs: z.number().default(0),
      decision: z.looseObject({ rule: z.string(), action: z.looseObject({ kind: z.string() }) }),
      situation,
    }),
  ),
});

/**
 * Reads what `formatStoredLogin` wrote.
 * @throws Failure `invalid_argument`, which says what is wrong and where
 */
export function parseStoredLogin(text: string): StoredLogin {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw malformed("it is not JSON; perhaps it was cut off", cause);
  }
  const parsed = document.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.join(".") ?? "";
    const of = typeof json === "object" && json !== null && "version" in json ? json.version : undefined;
    if (path === "version" && typeof of === "number")
      throw malformed(`it has version ${of}, and this Latchkey reads version ${version}`);
    throw malformed(
      path === "" || path === "format" ? "it holds no stored login" : `\`${path}\` is missing or wrong`,
    );
  }
  // What the rules read of a page beyond what was checked shows when it is decided on.
  const { end, steps } = parsed.data as unknown as StoredLogin;
  return { end, steps };
}

/** What a stored login cannot be replayed for. */
export function malformed(fault: string, cause?: unknown): Failure {
  return new Failure(
    "invalid_argument",
    `The file cannot be replayed: ${fault}. \`latchkey login <url> --save-snapshot FILE\` writes one that can.`,
    { cause },
  );
}
