import type { Area, Picker, ServerMessage } from "../../../browser/screencast/protocol.ts";
import type { Outgoing } from "./make-connection.ts";
import type { Screen } from "./make-screen.ts";

/** Runs in the page: the pop-ups of the page's own controls, which are in no picture of it. */
export function makePicker({
  popup,
  screen,
  send,
  onClosed,
}: {
  popup: HTMLElement;
  screen: Screen;
  send(message: Outgoing): void;
  onClosed(): void;
}) {
  let id: number | undefined;

  const pick = (choice: number | string | null) => {
    if (id === undefined) return;
    send({ type: "pick", id, choice });
    id = undefined;
    popup.hidePopover();
    onClosed();
  };
  popup.addEventListener("toggle", (event) => {
    if (event.newState === "closed") pick(null);
  });

  const options = ({ options: all, chosen }: Extract<Picker, { kind: "select" }>) => {
    const list = document.createElement("div");
    list.role = "listbox";
    list.ariaLabel = "Options";
    let group: string | undefined;
    all.forEach((option, index) => {
      if (option.group !== group && option.group !== undefined) {
        const heading = document.createElement("div");
        heading.className = "group";
        heading.role = "presentation";
        heading.textContent = option.group;
        list.append(heading);
      }
      group = option.group;
      const item = document.createElement("div");
      item.role = "option";
      item.textContent = option.label || "\u00a0";
      item.ariaSelected = String(index === chosen);
      item.ariaDisabled = String(option.disabled);
      item.tabIndex = -1;
      item.dataset["index"] = String(index);
      if (!option.disabled) item.addEventListener("click", () => pick(index));
      list.append(item);
    });
    let typed = "";
    let typedAt = 0;
    list.addEventListener("keydown", (event) => {
      const items = [...list.querySelectorAll<HTMLElement>('[role="option"]:not([aria-disabled="true"])')];
      const at = items.findIndex((item) => item === document.activeElement);
      const moves: Record<string, number> = {
        ArrowDown: at + 1,
        ArrowUp: at - 1,
        Home: 0,
        End: items.length - 1,
      };
      const to = moves[event.key];
      if (to !== undefined) items[Math.min(Math.max(to, 0), items.length - 1)]?.focus();
      else if (event.key === "Enter" || event.key === " " || event.key === "Tab") items[at]?.click();
      else if (event.key.length === 1) {
        typed = event.timeStamp - typedAt < 800 ? typed + event.key.toLowerCase() : event.key.toLowerCase();
        typedAt = event.timeStamp;
        items.find((item) => item.textContent.toLowerCase().startsWith(typed))?.focus();
      } else return;
      event.preventDefault();
    });
    popup.replaceChildren(list);
    return (
      list.querySelector<HTMLElement>('[aria-selected="true"]') ??
      list.querySelector<HTMLElement>('[role="option"]')
    );
  };
  const input = ({ kind, value, min, max, step }: Exclude<Picker, { kind: "select" }>) => {
    const form = document.createElement("form");
    form.className = "buttons";
    const field = document.createElement("input");
    field.type = kind;
    Object.assign(field, { value, min, max, step, ariaLabel: "Value" });
    const set = document.createElement("button");
    set.className = "set";
    set.textContent = "Set";
    form.append(field, set);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      pick(field.value);
    });
    popup.replaceChildren(form);
    return field;
  };
  const place = (area: Area) => {
    const { left, top, width, height } = screen.box();
    const below = top + (area.y + area.height) * height;
    const { offsetWidth, offsetHeight } = popup;
    const above = top + area.y * height - offsetHeight;
    const fits = below + offsetHeight <= innerHeight || above < 0;
    popup.style.minWidth = `${Math.round(area.width * width)}px`;
    popup.style.left = `${Math.max(8, Math.min(left + area.x * width, innerWidth - offsetWidth - 8))}px`;
    popup.style.top = `${Math.max(8, Math.min(fits ? below : above, innerHeight - offsetHeight - 8))}px`;
  };

  return {
    show(message: Extract<ServerMessage, { type: "picker" }>) {
      id = undefined;
      popup.hidePopover();
      const first = message.picker.kind === "select" ? options(message.picker) : input(message.picker);
      popup.showPopover();
      place(message.area);
      first?.focus();
      id = message.id;
    },
    /** The control has gone. */
    hide() {
      id = undefined;
      popup.hidePopover();
    },
  };
}
