// Rows that people put in order, add and remove: by pointer on the handle, by arrow keys on it, by Alt and an arrow inside.
// The form around them sends them as they stand; with `data-saves`, a bar appears once something has changed. Lists may
// stand in rows of lists; where the blank row says `__name__`, `data-names` being that name, a new row gets a name of its own.
import { word } from "../words";

let named = 0;

class RowList extends HTMLElement {
  #ended = new AbortController();
  #dragged: HTMLElement | null = null;
  #before = "";

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.addEventListener("pointerdown", (event) => this.#onDown(event), { signal });
    addEventListener("beforeunload", (event) => this.#isUnsaved && event.preventDefault(), { signal });
    addEventListener("submit", () => (this.#before = this.#order), { signal, capture: true });
    this.#before = this.#order;
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  // What belongs to this list, and not to one that stands in a row of it.
  #own<T extends HTMLElement>(selector: string): T[] {
    return [...this.querySelectorAll<T>(selector)].filter((each) => each.closest("row-list") === this);
  }

  get #list(): HTMLElement {
    return this.#own("[data-rows]")[0]!;
  }

  get #rows(): HTMLElement[] {
    return this.#own("[data-row]");
  }

  get #all(): HTMLElement[] {
    return this.#own("[data-row], [data-disc]");
  }

  get #order(): string {
    return this.#all.map((row) => row.dataset.row || "disc").join(" ");
  }

  get #isUnsaved(): boolean {
    return Boolean(this.dataset.saves) && this.#order !== this.#before;
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("[data-row]");
    if (target.closest("row-list") !== this) return;
    if (target.closest("[data-add]")) this.#add();
    else if (target.closest("[data-add-disc]")) this.#addDisc();
    else if (target.closest("[data-put-back]")) location.reload();
    else if (row && target.closest("[data-remove]")) this.#remove(row);
  }

  #add(): void {
    const blank = this.#own<HTMLTemplateElement>("template[data-blank]")[0]!;
    this.#list.append(this.dataset.names ? this.#named(blank) : blank.content.cloneNode(true));
    this.#rows.at(-1)?.querySelector<HTMLElement>("input:not([type=hidden]), select")?.focus();
  }

  #named(blank: HTMLTemplateElement): Node {
    const row = document.createElement("template");
    row.innerHTML = blank.innerHTML.replaceAll(`__${this.dataset.names}__`, `n${++named}`);
    return row.content;
  }

  #addDisc(): void {
    const blank = this.querySelector<HTMLTemplateElement>("template[data-blank-disc]")!;
    if (!this.querySelector("[data-disc]")) this.#list.prepend(blank.content.cloneNode(true));
    this.#list.append(blank.content.cloneNode(true));
    const last = this.#rows.at(-1);
    if (last) this.#move(last, 1);
    else this.#show();
  }

  #remove(row: HTMLElement): void {
    const rows = this.#rows;
    const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    row.remove();
    (next?.querySelector<HTMLElement>("[data-remove]") ?? this.#own("[data-add]")[0])?.focus();
    this.dispatchEvent(new Event("change", { bubbles: true }));
    this.#show();
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("[data-row]");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || target.closest("row-list") !== this || !step || !(event.altKey || target.closest("[data-grip]"))) return;
    event.preventDefault();
    this.#move(row, step);
    target.focus();
    const place = this.#rows.indexOf(row) + 1;
    const said = this.querySelector("[data-said]");
    if (said) said.textContent = word("Now at place %(place)s of %(count)s", { place, count: this.#rows.length });
  }

  #move(row: HTMLElement, step: number): void {
    const all = this.#all;
    const other = all[all.indexOf(row) + step];
    if (!other || (step < 0 && other.dataset.disc !== undefined && all.indexOf(other) === 0)) return;
    other[step < 0 ? "before" : "after"](row);
    this.#show();
  }

  #onDown(event: PointerEvent): void {
    const grip = (event.target as HTMLElement).closest<HTMLElement>("[data-grip]");
    if (!grip || event.button !== 0 || grip.closest("row-list") !== this) return;
    this.#dragged = grip.closest<HTMLElement>("[data-row]");
    this.#dragged?.setAttribute("data-dragged", "");
    const over = new AbortController(); // a row that moves in the document keeps no pointer, so the window follows it
    const { signal } = over;
    event.preventDefault();
    grip.focus();
    const end = (): void => {
      over.abort();
      this.#dragged?.removeAttribute("data-dragged");
      this.#dragged = null;
      this.#show();
    };
    addEventListener("pointermove", ({ clientY }) => this.#drag(clientY), { signal });
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, end, { signal });
  }

  #drag(y: number): void {
    const row = this.#dragged!;
    const first = this.#all[0];
    for (const other of this.#all) {
      if (other === row) continue;
      const { top, height } = other.getBoundingClientRect();
      const isAbove = Boolean(row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING);
      if (isAbove && y < top + height / 2 && !(other === first && other.dataset.disc !== undefined)) return other.before(row);
      if (!isAbove && y > top + height / 2) other.after(row);
    }
  }

  // Numbers follow the order; on a release each disc counts anew.
  #show(): void {
    let [disc, number] = [0, 0];
    const many = Boolean(this.querySelector("[data-disc]"));
    for (const row of this.#all) {
      if (row.dataset.disc !== undefined) {
        [disc, number] = [disc + 1, 0];
        row.querySelector("[data-disc-number]")!.textContent = String(disc);
        continue;
      }
      number += 1;
      const [place, where] = [row.querySelector("[data-number]"), row.querySelector<HTMLInputElement>("[name=disc]")];
      if (place) place.textContent = many ? `${disc}.${number}` : String(number);
      if (where) where.value = String(Math.max(disc, 1));
    }
    this.dispatchEvent(new CustomEvent("rows:moved", { bubbles: true }));
    const bar = this.dataset.saves ? document.querySelector<HTMLElement>(this.dataset.saves) : null;
    if (bar) bar.hidden = !this.#isUnsaved;
  }
}

customElements.define("row-list", RowList);
