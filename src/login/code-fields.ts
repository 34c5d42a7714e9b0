import type { Form } from "./form.ts";
import type { FieldSnapshot } from "./snapshot.ts";

/** The fields one code goes into: one, or a row of boxes for a digit each. */
export function codeFieldsOf(form: Form, { afterPassword }: { afterPassword: boolean }): FieldSnapshot[] {
  const boxes = form.fields.filter(
    (field) =>
      !field.disabled &&
      /^(text|tel|number|password)$/.test(field.kind) &&
      (field.maxLength === 1 || isDigitBox(field)),
  );
  if (boxes.length >= 4 && boxes.length <= 10) return boxes;
  const sure = form.fields.find((field) => field.purpose === "code" && !field.disabled);
  if (sure !== undefined) return [sure];
  const maybe = form.fields.filter((field) => field.purpose === "maybe_code" && !field.disabled);
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
