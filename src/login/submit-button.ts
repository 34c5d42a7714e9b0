import type { Form } from "./form.ts";
import type { ControlSnapshot, FieldSnapshot } from "./snapshot.ts";
import { says, speaksOf } from "./words.ts";

/** The button that submits the form; null when there is none and Enter must do. */
export function submitButtonOf(form: Form): ControlSnapshot | null {
  const last = form.fields.filter((field) => field.purpose !== "checkbox").at(-1);
  const possible = form.buttons
    .filter((button) => button.text !== "" || button.submits)
    .filter(
      (button) =>
        !says(button.text, "notSubmit", "signOut") &&
        !speaksOf(button.text, "forgot", "signUp", "otherWay", "anotherWay", "search") &&
        !button.hints.includes("logout") &&
        button.role !== "tab",
    );
  const ranked = possible
    .map((button) => ({ button, score: scoreOfSubmit(button, last) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  return ranked[0]?.button ?? null;
}

function scoreOfSubmit(button: ControlSnapshot, last: FieldSnapshot | undefined): number {
  const below = last !== undefined && button.box.y + button.box.height / 2 >= last.box.y;
  return (
    (button.submits ? 4 : 0) +
    (says(button.text, "signIn", "next") ? 4 : speaksOf(button.text, "signIn", "next") ? 2 : 0) +
    (below ? 1 : -1) -
    (button.role === "link" ? 2 : 0)
  );
}
