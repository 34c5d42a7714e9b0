// What the connect page does better with a script. Everything works without it too.
const { state, events, mode, next, message, targets } = document.body.dataset;

for (const button of document.querySelectorAll(".reveal")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shows = input.type === "password";
    input.type = shows ? "text" : "password";
    button.setAttribute("aria-pressed", String(shows));
    button.textContent = shows ? button.dataset.hide : button.dataset.show;
    input.focus();
  });
}

// One press is one request; coming back by the browser's own button gives the buttons back.
let sent = false;
document.addEventListener("submit", (event) => {
  if (sent) return event.preventDefault();
  sent = true;
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  sent = false;
  for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
});

// A picture can be pasted, too.
const picture = document.getElementById("picture");
if (picture !== null)
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length > 0) picture.files = event.clipboardData.files;
  });

// What is new on the page is what somebody should hear and go on from.
const faulty = document.querySelector("[aria-invalid]");
if (faulty !== null) faulty.focus();
else if (document.querySelector("[autofocus]") === null)
  document.querySelector("#alert, h1[tabindex]")?.focus();

if (events !== undefined) {
  const source = new EventSource(events);
  source.addEventListener("steps", ({ data }) => showSteps(JSON.parse(data)));
  source.addEventListener("moved", () => {
    source.close();
    location.replace(location.pathname);
  });
  addEventListener("pagehide", () => source.close());
}

function showSteps(steps) {
  const list = document.querySelector(".steps");
  if (list === null) return;
  list.replaceChildren(
    ...steps.map(({ text, status, statusText }) => {
      const item = element("li", status);
      if (status === "now") item.setAttribute("aria-current", "step");
      const dot = element("span", "dot");
      dot.setAttribute("aria-hidden", "true");
      item.append(dot, element("span", "", text), element("span", "unseen", `, ${statusText}`));
      return item;
    }),
  );
  const status = document.getElementById("status");
  const now = steps.find((step) => step.status === "now")?.text ?? "";
  if (status !== null && status.textContent !== now) status.textContent = now;
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

if (state === "done" || state === "cancelled") tellAndGoOn();

function tellAndGoOn() {
  const told = mode === "frame" ? window.parent : window.opener;
  const others = JSON.parse(targets);
  // Where the browser says who holds this frame, nobody else is written to.
  const ancestors = mode === "frame" && location.ancestorOrigins ? [...location.ancestorOrigins] : others;
  if (told !== null && told !== window)
    for (const origin of others)
      if (ancestors.includes(origin)) told.postMessage(JSON.parse(message), origin);
  if (mode === "popup" && window.opener !== null) return window.close();
  if (mode === "frame" && window.parent !== window) return;
  if (next === undefined) return;
  // Long enough to be read, short enough not to be waited for.
  setTimeout(() => location.replace(next), state === "done" ? 1_200 : 0);
}
