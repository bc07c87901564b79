// What an order comes to follows what is chosen: where it goes, and how. Another country has other fields; anything else changes
// the sums alone, so that nothing which is typed meanwhile is lost. Without scripts a button asks for the same.
const CHOICES = ".two :is([name=country], [name=region], [name=way])";
const SUMS = ["[data-sums]", ".small-ones", "[name=total]", "[value=buy]"];
let last = 0;

async function ask(field: HTMLSelectElement | HTMLInputElement, form: HTMLFormElement): Promise<void> {
  const mine = ++last;
  const said = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  said.set("step", "look");
  const answer = await fetch(form.action, { method: "POST", body: said });
  if (mine !== last || !answer.ok) return;
  if (answer.redirected) return location.assign(answer.url);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".buying .two");
  if (!fresh) return;
  if (field.name === "country") {
    form.replaceWith(fresh);
    document.getElementById(field.id)?.focus();
    return;
  }
  for (const part of SUMS) {
    const now = fresh.querySelector(part);
    if (now) form.querySelector(part)?.replaceWith(now);
  }
}

addEventListener("change", (event) => {
  const field = (event.target as HTMLElement).closest<HTMLSelectElement | HTMLInputElement>(CHOICES);
  if (field?.form) void ask(field, field.form).catch(() => undefined);
});
