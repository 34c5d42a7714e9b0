import type { Form } from "./form.ts";
import { nameWords } from "./purpose.ts";
import type { FieldSnapshot } from "./snapshot.ts";

/** Custom credentials whose name is the field's own, as a person or the site's code calls it. */
export function customFieldsOf(
  form: Form,
  names: readonly string[],
): { field: FieldSnapshot; name: string }[] {
  const words = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "");
  return names.flatMap((name) => {
    const field = form.fields.find(
      (field) =>
        /^(other|username|maybe_code)$/.test(field.purpose) &&
        [field.label, field.placeholder, field.near, field.name, field.id, nameWords(field)].some(
          (text) => text !== "" && words(text) === words(name),
        ),
    );
    return field === undefined ? [] : [{ field, name }];
  });
}
