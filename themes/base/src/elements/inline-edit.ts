// A value that is edited where it stands. Enter opens and saves, Escape takes back, Tab saves and opens the next one.
// The server draws the cell (_cell.html) and answers with it anew; until then the new value is shown at once.
import { word } from "../words";

type Sent = CustomEvent<{ ctx: { text?: string; hx?: { redirect?: string } } }>;

let left = ""; // the cell that was just saved, to which focus comes back when it is drawn anew

class InlineEdit extends HTMLElement {
  #ended = new AbortController();

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.addEventListener("submit", () => this.#show(), { signal });
    this.addEventListener("htmx:after:request", (event) => this.#onAnswer(event as Sent), { signal });
    this.addEventListener("htmx:error", () => this.#fail(), { signal });
    if (this.dataset.open !== undefined) this.#field.focus();
    else if (left === this.id) requestAnimationFrame(() => this.#comeBack()); // once the old cell is gone
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  get #form(): HTMLFormElement {
    return this.querySelector("form")!;
  }

  get #field(): HTMLInputElement | HTMLSelectElement {
    return this.querySelector<HTMLInputElement | HTMLSelectElement>(".input")!;
  }

  get #button(): HTMLButtonElement {
    return this.querySelector<HTMLButtonElement>("[data-edit]")!;
  }

  get #isChanged(): boolean {
    const field = this.#field;
    if (field instanceof HTMLInputElement) return field.value !== field.defaultValue;
    return !field.selectedOptions[0]?.defaultSelected;
  }

  open(): void {
    this.#turn(true);
    this.#field.focus();
    if (this.#field instanceof HTMLInputElement) this.#field.select();
  }

  #comeBack(): void {
    left = "";
    if (document.activeElement === document.body) this.#button.focus();
  }

  #turn(open: boolean): void {
    this.#form.hidden = !open;
    this.querySelector<HTMLElement>(".shown")!.hidden = open;
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    if (target.closest("[data-edit]")) this.open();
    else if (target.closest("[data-cancel]")) this.#close();
  }

  #onKey(event: KeyboardEvent): void {
    if (this.#form.hidden || event.isComposing) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter" && event.target === this.#field) this.#save();
    else if (event.key === "Tab" && event.target === this.#field && this.#next(event.shiftKey)) this.#save(event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #next(back: boolean): InlineEdit | undefined {
    const all = [...document.querySelectorAll<InlineEdit>("inline-edit")];
    return all[all.indexOf(this) + (back ? -1 : 1)];
  }

  #save(back?: boolean): void {
    const next = back === undefined ? undefined : this.#next(back);
    if (this.#isChanged || this.dataset.open !== undefined) this.#form.requestSubmit();
    else this.#close();
    next?.open();
  }

  #close(): void {
    this.#form.reset();
    this.removeAttribute("data-open");
    this.#turn(false);
    this.#button.focus();
  }

  #show(): void {
    const field = this.#field;
    const value = field instanceof HTMLSelectElement ? (field.selectedOptions[0]?.text ?? "") : field.value;
    const inside = this.contains(document.activeElement);
    this.querySelector("[data-value]")!.textContent = value;
    this.ariaBusy = "true";
    this.#turn(false);
    left = this.id;
    if (inside) this.#button.focus();
  }

  #onAnswer(event: Sent): void {
    const { text, hx } = event.detail.ctx;
    if (hx?.redirect || text?.includes("<inline-edit")) return;
    event.preventDefault(); // whatever came back is not this cell
    this.#fail();
  }

  #fail(): void {
    const problem = this.querySelector<HTMLElement>("[role=alert]")!;
    this.ariaBusy = null;
    this.#turn(true);
    problem.hidden = false;
    problem.textContent = word("This could not be saved. Try again.");
    this.dataset.open = "";
    this.#field.focus();
  }
}

customElements.define("inline-edit", InlineEdit);
