import type { Form } from "./form.ts";
import type { FieldSnapshot } from "./snapshot.ts";

/**
 * The fields one code goes into: one, or a row of boxes for a digit each. `asleep`: also fields still disabled, which
 * are shown and cannot be typed into yet.
 */
export function codeFieldsOf(
  form: Form,
  { afterPassword, asleep = false }: { afterPassword: boolean; asleep?: boolean },
): FieldSnapshot[] {
  const usable = form.fields.filter((field) => asleep || !field.disabled);
  const boxes = form.fields.filter(
    (field) =>
      /^(text|tel|number|password)$/.test(field.kind) && (field.maxLength === 1 || isDigitBox(field)),
  );
  // Some wake one after the other, as the one before is filled.
  if (boxes.length >= 4 && boxes.length <= 10 && (asleep || boxes[0]?.disabled === false)) return boxes;
  const sure = usable.find((field) => field.purpose === "code");
  if (sure !== undefined) return [sure];
  const maybe = usable.filter((field) => field.purpose === "maybe_code");
  return afterPassword && maybe.length === 1 ? maybe : [];
}

/** Narrow, and about square: a box for one character, whatever its maxlength says. */
function isDigitBox({ box, label, kind }: FieldSnapshot): boolean {
  return (
    kind !== "password" &&
    box.width <= 70 &&
    box.width >= 14 &&
    box.height >= box.width * 0.6 &&
    label.length < 40 &&
    /\d|^$/.test(label)
  );
}
