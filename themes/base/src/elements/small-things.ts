// Small behaviours, each by an attribute: copy, choose a scheme, confirm, print, submit on change, name a chosen file, a toast's end.
import { word } from "../words";

const TOAST_MS = 10_000;
const YEAR = 31_536_000;

addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  const copied = target.closest<HTMLElement>("[data-copy]");
  if (copied) {
    void navigator.clipboard.writeText(copied.dataset.copy ?? "").then(() => say(word("Copied")));
  }
  const scheme = target.closest<HTMLElement>("[data-choose-scheme]")?.dataset.chooseScheme;
  if (scheme !== undefined) {
    document.documentElement.dataset.scheme = scheme;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `scheme=${scheme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  }
  if (target.closest("[data-print]")) print();
  const shown = target.closest<HTMLElement>("[data-show]")?.dataset.show;
  if (shown) document.querySelector<HTMLDialogElement>(shown)?.showModal();
  if (target.closest("[data-close]")) target.closest("dialog")?.close();
});

// What was typed and refused stands open, in front of the page as it was before.
for (const refused of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) {
  refused.close();
  refused.showModal();
}

// An address that names a dialog opens it: a first step and the palette lead to the form itself.
function openNamed(): void {
  const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDialogElement && !named.open) named.showModal();
}
addEventListener("hashchange", openNamed);
openNamed();

// What is taken back is taken back once.
addEventListener("submit", (event) => {
  const toast = (event.target as HTMLElement).closest<HTMLElement>(".toast");
  if (toast) toast.hidden = true;
});

// What cannot be undone names its consequence and asks once.
addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const by = (event.submitter as HTMLElement | null)?.dataset.confirm ?? form.dataset.confirm;
  if (by && form.dataset.confirmed !== "yes") {
    event.preventDefault();
    ask(by, () => {
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter);
    });
  }
});

addEventListener("change", (event) => {
  const control = event.target as HTMLElement;
  if (control.matches("[data-submit]")) control.closest("form")?.requestSubmit();
  const chosen = control.matches(".file input") && control.parentElement?.querySelector("[data-chosen]");
  if (chosen) chosen.textContent = (control as HTMLInputElement).files?.[0]?.name ?? word("No file chosen yet");
});

function ask(sentence: string, then: () => void): void {
  const dialog = document.createElement("dialog");
  const inside = document.createElement("div");
  const what = document.createElement("p");
  const row = document.createElement("div");
  inside.className = "inside";
  row.className = "row end";
  what.textContent = sentence;
  what.id = "confirm-what";
  dialog.setAttribute("aria-labelledby", what.id);
  for (const [name, kind, run] of [[word("Cancel"), "btn", () => {}], [word("Go on"), "btn primary", then]] as const) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = kind;
    button.textContent = name;
    button.addEventListener("click", () => {
      dialog.close();
      run();
    });
    row.append(button);
  }
  inside.append(what, row);
  dialog.append(inside);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export function say(sentence: string): void {
  const stack = document.querySelector(".toasts");
  if (!stack) return;
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = sentence;
  stack.append(toast);
}

function fade(toast: Element): void {
  let left = setTimeout(() => toast.remove(), TOAST_MS);
  toast.addEventListener("pointerenter", () => clearTimeout(left));
  toast.addEventListener("pointerleave", () => (left = setTimeout(() => toast.remove(), TOAST_MS / 2)));
}

for (const stack of document.querySelectorAll(".toasts")) {
  for (const toast of stack.children) fade(toast);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const each of addedNodes) if (each instanceof Element) fade(each);
  }).observe(stack, { childList: true });
}
