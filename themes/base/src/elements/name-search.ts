// A name that is typed and found: the list below offers what there is, and what would be new. The id goes along unseen.
import { word } from "../words";

type Found = { id: string; name: string; note: string };
const WAIT_MS = 180;
let lists = 0;

class NameSearch extends HTMLElement {
  #ended = new AbortController();
  #waiting = 0;
  #asked = new AbortController();
  #list: HTMLUListElement | null = null;
  #chosen = -1;

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    const field = this.#field;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.autocomplete = "off";
    field.addEventListener("input", () => this.#onInput(), { signal });
    field.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    field.addEventListener("blur", () => this.#close(), { signal });
  }

  disconnectedCallback(): void {
    this.#ended.abort();
    this.#asked.abort();
    clearTimeout(this.#waiting);
  }

  get #field(): HTMLInputElement {
    return this.querySelector<HTMLInputElement>("input:not([type=hidden])")!;
  }

  get #id(): HTMLInputElement {
    return this.querySelector<HTMLInputElement>("input[type=hidden]")!;
  }

  #onInput(): void {
    this.#id.value = "";
    this.removeAttribute("data-known");
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.#search(), WAIT_MS);
  }

  async #search(): Promise<void> {
    this.#asked.abort();
    const { signal } = (this.#asked = new AbortController());
    const wanted = this.#field.value.trim();
    if (!wanted) return this.#close();
    const address = `/portal/names?of=${this.dataset.of}&q=${encodeURIComponent(wanted.slice(0, 100))}`;
    const answer = await fetch(address, { signal, headers: { accept: "application/json" } }).catch(() => null);
    const found: Found[] = answer?.ok ? await answer.json().catch(() => []) : [];
    if (!signal.aborted && document.activeElement === this.#field) this.#draw(found, wanted);
  }

  #draw(found: Found[], wanted: string): void {
    const list = (this.#list ??= this.#made());
    const isThere = found.some(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    const rows = found.map(({ id, name, note }) => this.#row(id, name, note));
    if (this.dataset.adds !== undefined && !(isThere && this.dataset.adds === "once")) {
      const row = this.#row("", wanted, "");
      row.dataset.new = "";
      row.firstElementChild!.textContent = word("New: “%(name)s”", { name: wanted });
      rows.push(row);
    }
    list.replaceChildren(...rows);
    list.hidden = rows.length === 0;
    this.#field.setAttribute("aria-expanded", String(!list.hidden));
    this.#mark(list.hidden ? -1 : 0);
  }

  #made(): HTMLUListElement {
    const list = document.createElement("ul");
    list.id = `names-${++lists}`;
    list.setAttribute("role", "listbox");
    list.ariaLabel = this.#field.ariaLabel ?? word("Results");
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // focus stays in the field
      const row = (event.target as HTMLElement).closest("li");
      if (row) this.#take(row);
    });
    this.append(list);
    this.#field.setAttribute("aria-controls", list.id);
    return list;
  }

  #row(id: string, name: string, note: string): HTMLLIElement {
    const row = document.createElement("li");
    row.setAttribute("role", "option");
    row.id = `${this.#list!.id}-${Math.random().toString(36).slice(2)}`;
    row.dataset.id = id;
    row.dataset.name = name;
    for (const [kind, said] of [["bdi", name], ["small", note]] as const) {
      if (!said) continue;
      const part = document.createElement(kind);
      part.textContent = said;
      row.append(part);
    }
    return row;
  }

  #mark(place: number): void {
    const rows = [...(this.#list?.children ?? [])];
    this.#chosen = rows.length && place >= 0 ? (place + rows.length) % rows.length : -1;
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === this.#chosen)));
    const now = rows[this.#chosen];
    if (now) this.#field.setAttribute("aria-activedescendant", now.id);
    else this.#field.removeAttribute("aria-activedescendant");
    now?.scrollIntoView({ block: "nearest" });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.altKey || !this.#list || this.#list.hidden) return;
    if (event.key === "ArrowDown") this.#mark(this.#chosen + 1);
    else if (event.key === "ArrowUp") this.#mark(this.#chosen - 1 < 0 ? this.#list.children.length - 1 : this.#chosen - 1);
    else if (event.key === "Enter") this.#take(this.#list.children[this.#chosen] as HTMLLIElement);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #take(row: HTMLLIElement | undefined): void {
    if (!row) return;
    this.#field.value = row.dataset.name!;
    this.#id.value = row.dataset.id!;
    this.toggleAttribute("data-known", Boolean(row.dataset.id));
    this.#close();
    this.#field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #close(): void {
    clearTimeout(this.#waiting);
    this.#asked.abort();
    if (this.#list) this.#list.hidden = true;
    this.#field.setAttribute("aria-expanded", "false");
    this.#mark(-1);
  }
}

customElements.define("name-search", NameSearch);
