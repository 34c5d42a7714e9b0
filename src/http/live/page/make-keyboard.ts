import type { Outgoing } from "./make-connection.ts";

/** Runs in the page: what is typed goes to the page, key by key; what an input method makes goes as the text it is. */
export function makeKeyboard({ field, send }: { field: HTMLTextAreaElement; send(message: Outgoing): void }) {
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  let isComposing = false;

  const modifiersOf = (event: KeyboardEvent) => {
    // What is Command there is Control in the browser that is driven.
    const control = event.ctrlKey || (isMac && event.metaKey);
    const meta = event.metaKey && !isMac;
    return (event.altKey ? 1 : 0) | (control ? 2 : 0) | (meta ? 4 : 0) | (event.shiftKey ? 8 : 0);
  };
  const isCommand = (event: KeyboardEvent, letter: string) =>
    (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === letter;
  const key = (kind: "down" | "up", event: KeyboardEvent) =>
    send({
      type: "key",
      kind,
      key: event.key.slice(0, 40),
      code: event.code.slice(0, 40),
      keyCode: event.keyCode & 255,
      location: event.location,
      repeat: event.repeat,
      modifiers: modifiersOf(event),
    });
  const press = (name: string, keyCode: number) => {
    const common = { key: name, code: name, keyCode, location: 0, repeat: false, modifiers: 0 };
    send({ type: "key", kind: "down", ...common });
    send({ type: "key", kind: "up", ...common });
  };
  const isLeaving = (event: KeyboardEvent) => event.altKey && event.shiftKey && event.code === "KeyQ";

  field.addEventListener("keydown", (event) => {
    if (isLeaving(event)) {
      event.preventDefault();
      return field.blur();
    }
    // Keyboards on screens, and input methods, say what they type in the events that follow.
    if (event.isComposing || event.key === "Unidentified" || event.key === "Process" || event.keyCode === 229)
      return;
    // These come as events of their own, with what was pasted.
    if (isCommand(event, "v")) return;
    if (isCommand(event, "c") || isCommand(event, "x")) send({ type: "copy" });
    event.preventDefault();
    key("down", event);
  });
  field.addEventListener("keyup", (event) => {
    if (event.isComposing || event.keyCode === 229 || isCommand(event, "v") || isLeaving(event)) return;
    key("up", event);
  });
  field.addEventListener("compositionstart", () => {
    isComposing = true;
  });
  field.addEventListener("compositionend", ({ data }) => {
    isComposing = false;
    if (data !== "") send({ type: "text", text: data });
    field.value = "";
  });
  field.addEventListener("beforeinput", (event) => {
    if (isComposing || event.isComposing) return;
    event.preventDefault();
    if (event.inputType.startsWith("insertText") && event.data !== null)
      send({ type: "text", text: event.data });
    else if (event.inputType === "insertLineBreak") press("Enter", 13);
    else if (event.inputType.startsWith("deleteContentBackward")) press("Backspace", 8);
  });
  field.addEventListener("paste", (event) => {
    event.preventDefault();
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text !== "") send({ type: "paste", text });
  });

  return { focus: () => field.focus({ preventScroll: true }) };
}
