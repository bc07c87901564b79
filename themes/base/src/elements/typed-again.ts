// What was typed outlives the page that asks who one is: it waits in this tab while one proves it, and is there again
// after. Passwords, codes, whatever is marked as secret, and files are never kept; any other page lets go of it all.
import { word } from "../words";
import { say } from "./small-things";

const KEPT = "typed";
const NEVER = "[type=password], [type=file], [type=hidden], [autocomplete=one-time-code], [data-secret]";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
type Typed = { path: string; action: string; place: number; values: (string | boolean | null)[]; asked?: boolean };

const isTicked = (field: Field): field is HTMLInputElement => field.matches("[type=checkbox], [type=radio]");
const fieldsOf = (form: HTMLFormElement): Field[] => [...form.querySelectorAll<Field>("input[name], select[name], textarea[name]")];
const alike = (action: string): HTMLFormElement[] => [...document.forms].filter((form) => form.getAttribute("action") === action);

function kept(): Typed | undefined {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "null") ?? undefined;
}

addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.method !== "post" || location.pathname.endsWith("/re-authenticate")) return;
  const action = form.getAttribute("action") ?? "";
  const values = fieldsOf(form).map((field) => (field.matches(NEVER) ? null : isTicked(field) ? field.checked : field.value));
  const typed: Typed = { path: location.pathname, action, place: alike(action).indexOf(form), values };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(typed));
  } catch {
    sessionStorage.removeItem(KEPT); // more than a tab may keep
  }
});

function bringBack(typed: Typed): void {
  const form = alike(typed.action)[typed.place];
  if (!form) return;
  let changed = false;
  fieldsOf(form).forEach((field, place) => {
    const value = typed.values[place] ?? null;
    if (value === null || field.matches(NEVER)) return;
    const before = isTicked(field) ? field.checked : field.value;
    if (before === value) return;
    if (isTicked(field)) field.checked = value === true;
    else field.value = String(value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    changed = true;
  });
  for (let around = form.parentElement; around; around = around.parentElement) {
    if (around instanceof HTMLDetailsElement) around.open = true;
    if (around instanceof HTMLDialogElement && !around.open) around.showModal();
  }
  if (changed) say(word("What you typed is here again. Look it over and send it once more."));
}

const typed = kept();
if (typed && location.pathname.endsWith("/re-authenticate")) {
  sessionStorage.setItem(KEPT, JSON.stringify({ ...typed, asked: true }));
} else if (typed) {
  sessionStorage.removeItem(KEPT);
  if (typed.asked && typed.path === location.pathname) bringBack(typed);
}
