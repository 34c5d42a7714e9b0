import type { FieldSnapshot, GroupSnapshot } from "./snapshot.ts";
import { says, speaksOf } from "./words.ts";

export type FieldPurpose =
  | "username"
  | "password"
  | "new_password"
  | "code"
  /** A code if the moment fits: the site asks for something right after the password. */
  | "maybe_code"
  | "backup_code"
  | "captcha"
  | "search"
  | "checkbox"
  | "other";

const textual = /^(text|email|tel|number|url|search|textarea)$/;

/** Marks in names are read as words: `user_name`, `userName` and `user-name` alike. */
export function nameWords(field: FieldSnapshot): string {
  return `${field.name} ${field.id}`
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replaceAll(/[^A-Za-z0-9]+/g, " ")
    .trim();
}

/** What a person reads at the field. */
export function captionOf(field: FieldSnapshot): string {
  return [field.label, field.placeholder, field.near].filter(Boolean).join(" · ");
}

/** What a field is for, judged by what a person sees first and by its names last. */
export function purposeOf(field: FieldSnapshot, group?: GroupSnapshot): FieldPurpose {
  const caption = captionOf(field);
  const names = nameWords(field);
  const all = `${caption} · ${names}`;
  const autocomplete = field.autocomplete.split(/\s+/);
  if (field.kind === "checkbox") return "checkbox";
  if (autocomplete.includes("one-time-code")) return "code";
  if (field.kind === "password") return purposeOfPassword({ caption, names, autocomplete });
  if (!textual.test(field.kind)) return "other";
  if (speaksOf(all, "captcha") || isLettersOfPicture({ field, caption, names })) return "captcha";
  if (autocomplete.some((token) => token === "username" || token === "email")) return "username";
  if (isSearch({ field, group, caption, names })) return "search";
  if (speaksOf(all, "backupCode")) return takesEither(caption) ? "code" : "backup_code";
  if (speaksOf(all, "otherCode")) return "other";
  if (speaksOf(caption, "oneTimeCode") || speaksOf(names, "oneTimeCode")) return "code";
  if (speaksOf(caption, "username") && !speaksOf(caption, "someCode")) return "username";
  if (speaksOf(all, "someCode")) return "maybe_code";
  if (looksLikeCode(field)) return "maybe_code";
  if (field.kind === "email" || speaksOf(names, "username")) return "username";
  return "other";
}

/** "Two-factor code or recovery code". */
function takesEither(caption: string): boolean {
  return caption
    .split(/\s(?:or|oder|ou|o|of|или)\s|\/|または|或/)
    .some((part) => speaksOf(part, "oneTimeCode") && !speaksOf(part, "backupCode"));
}

/** In some languages the letters of a picture are called what a one-time code is called. */
function isLettersOfPicture({
  field,
  caption,
  names,
}: {
  field: FieldSnapshot;
  caption: string;
  names: string;
}): boolean {
  if (field.pictured !== true || field.autocomplete.includes("one-time-code")) return false;
  return speaksOf(`${caption} · ${names}`, "oneTimeCode", "someCode", "captcha", "picture");
}

function purposeOfPassword({
  caption,
  names,
  autocomplete,
}: {
  caption: string;
  names: string;
  autocomplete: string[];
}): FieldPurpose {
  if (autocomplete.includes("current-password")) return "password";
  if (autocomplete.includes("new-password") || speaksOf(caption, "newPassword")) return "new_password";
  if (speaksOf(caption, "backupCode")) return "backup_code";
  // Some sites hide the code as it is typed.
  if (speaksOf(caption, "oneTimeCode") && !says(caption, "password")) return "code";
  if (caption === "" && speaksOf(names, "oneTimeCode") && !speaksOf(names, "password")) return "code";
  return "password";
}

function isSearch({
  field,
  group,
  caption,
  names,
}: {
  field: FieldSnapshot;
  group: GroupSnapshot | undefined;
  caption: string;
  names: string;
}): boolean {
  if (field.kind === "search" || group?.search === true) return true;
  return speaksOf(caption, "search") || /(^| )(q|s|query|search|keywords?)( |$)/i.test(names);
}

/** Four to eight digits are asked for. */
function looksLikeCode(field: FieldSnapshot): boolean {
  // An example of digits in an empty field: 000000, 123 456, ••••••.
  if (/^[\d\s_x•·*-]{4,11}$/i.test(field.placeholder) && /^(text|tel|number)$/.test(field.kind)) return true;
  const short = field.maxLength !== null && field.maxLength >= 4 && field.maxLength <= 8;
  return short && (field.inputMode === "numeric" || field.kind === "number" || field.kind === "tel");
}
