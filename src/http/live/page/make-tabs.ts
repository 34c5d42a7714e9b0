import type { ServerMessage } from "../../../browser/screencast/protocol.ts";
import type { Outgoing } from "./make-connection.ts";

type Tabs = Extract<ServerMessage, { type: "tabs" }>;

/** Runs in the page: the browser's tabs, and the address of the one that is shown. */
export function makeTabs({
  list,
  address,
  send,
}: {
  list: HTMLElement;
  address: HTMLInputElement;
  send(message: Outgoing): void;
}) {
  let mayAct = false;
  let drawn = "";
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const tabs = [...list.querySelectorAll<HTMLElement>('[role="tab"]')];
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    tabs[(at + step + tabs.length) % tabs.length]?.focus();
  });

  const draw = ({ tabs, active }: Tabs) => {
    const focused = document.activeElement?.getAttribute("data-tab");
    list.replaceChildren(
      ...tabs.map(({ id, title, url, crashed }) => {
        const name = `${crashed ? "Crashed: " : ""}${title || url || "New tab"}`;
        const tab = document.createElement("button");
        tab.type = "button";
        tab.role = "tab";
        tab.textContent = name;
        tab.title = name;
        tab.dataset["tab"] = id;
        tab.ariaSelected = String(id === active);
        tab.tabIndex = id === active ? 0 : -1;
        tab.setAttribute("aria-controls", "screen");
        tab.addEventListener("click", () => send({ type: "tab", id }));
        const item = document.createElement("span");
        item.className = "tab";
        item.role = "presentation";
        item.append(tab);
        if (mayAct && tabs.length > 1) {
          const close = document.createElement("button");
          close.type = "button";
          close.textContent = "×";
          close.ariaLabel = `Close ${name}`;
          close.addEventListener("click", () => send({ type: "closeTab", id }));
          item.append(close);
        }
        if (id === focused) queueMicrotask(() => tab.focus());
        return item;
      }),
    );
  };

  return {
    setScope(scope: "view" | "act" | "drive") {
      mayAct = scope !== "view";
      drawn = "";
    },
    show(message: Tabs) {
      const text = JSON.stringify(message);
      if (text === drawn) return;
      drawn = text;
      draw(message);
      const shown = message.tabs.find(({ id }) => id === message.active);
      document.title = shown === undefined ? "Live view" : `${shown.title || shown.url} – live view`;
      // What somebody is typing there is theirs.
      if (document.activeElement !== address || address.readOnly) address.value = shown?.url ?? "";
      address.dataset["url"] = shown?.url ?? "";
    },
  };
}
