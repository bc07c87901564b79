// Chooses things by name where a form sends their keys. Without this script the keys can be typed, separated by commas.
import { word } from "../words";

type Choice = { key: string; name: string; note: string };

class NameChooser extends HTMLElement {
  #ended = new AbortController();
  #asked = new AbortController();
  #chosen: Choice[] = [];
  #found: Choice[] = [];
  #at = -1;
  #sent!: HTMLInputElement;
  #typed!: HTMLInputElement;
  #chips!: HTMLElement;
  #list!: HTMLElement;
  #told!: HTMLElement;

  connectedCallback(): void {
    if (this.#sent) return;
    const { signal } = (this.#ended = new AbortController());
    this.#sent = this.querySelector("input")!;
    this.#typed = this.#sent.cloneNode() as HTMLInputElement;
    this.#typed.removeAttribute("name");
    Object.assign(this.#typed, { value: "", autocomplete: "off", required: false });
    const id = `${this.#sent.id}-found`;
    const attributes = { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": id };
    for (const [name, value] of Object.entries(attributes)) this.#typed.setAttribute(name, value);
    this.#sent.removeAttribute("id");
    this.#sent.type = "hidden";
    this.#chips = this.#made("div", "chips");
    this.#list = this.#made("ul", "found");
    this.#told = this.#made("p", "visually-hidden");
    this.#list.id = id;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", this.querySelector("label")?.textContent ?? "");
    this.#told.setAttribute("role", "status");
    this.#list.hidden = this.#chips.hidden = true;
    this.#sent.before(this.#chips, this.#typed);
    this.#sent.after(this.#list, this.#told);
    this.#typed.addEventListener("input", () => void this.#ask(), { signal });
    this.#typed.addEventListener("focus", () => void this.#ask(), { signal });
    this.#typed.addEventListener("blur", () => this.#close(), { signal });
    this.#typed.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#list.addEventListener("pointerdown", (event) => this.#onPick(event), { signal });
    this.#chips.addEventListener("click", (event) => this.#onRemove(event), { signal });
    void this.#name();
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  #made(tag: string, name: string): HTMLElement {
    const made = document.createElement(tag);
    made.className = name;
    return made;
  }

  get #isOne(): boolean {
    return this.hasAttribute("data-one");
  }

  async #get(query: Record<string, string>): Promise<Choice[]> {
    this.#asked.abort();
    this.#asked = new AbortController();
    const address = `${this.dataset.from}&${new URLSearchParams(query)}`;
    try {
      const answer = await fetch(address, { headers: { accept: "application/json" }, signal: this.#asked.signal });
      return answer.ok ? ((await answer.json()) as Choice[]) : [];
    } catch {
      return [];
    }
  }

  // What is chosen already stands there by its key; one that is gone keeps it, so that nothing is lost unseen.
  async #name(): Promise<void> {
    const keys = this.#sent.value.split(",").map((key) => key.trim()).filter(Boolean);
    if (!keys.length) return;
    const known = await this.#get({ keys: keys.join(",") });
    this.#chosen = keys.map((key) => known.find((each) => each.key === key) ?? { key, name: key, note: "" });
    this.#show();
  }

  async #ask(): Promise<void> {
    const found = await this.#get({ q: this.#typed.value.trim() });
    if (document.activeElement !== this.#typed) return;
    this.#found = found.filter((each) => !this.#chosen.some((other) => other.key === each.key));
    this.#list.replaceChildren(...this.#found.map((each, place) => this.#option(each, place)));
    this.#list.hidden = !this.#found.length;
    this.#typed.setAttribute("aria-expanded", String(!this.#list.hidden));
    this.#told.textContent = this.#typed.value && !this.#found.length ? word("Nothing is called that") : "";
    this.#told.className = this.#told.textContent ? "hint" : "visually-hidden";
    this.#mark(this.#typed.value ? 0 : -1);
  }

  #option(each: Choice, place: number): HTMLElement {
    const option = document.createElement("li");
    option.id = `${this.#list.id}-${place}`;
    option.setAttribute("role", "option");
    const name = document.createElement("bdi");
    name.textContent = each.name;
    option.append(name);
    if (each.note) option.append(Object.assign(document.createElement("small"), { textContent: each.note }));
    return option;
  }

  #mark(place: number): void {
    this.#at = place < this.#found.length ? place : -1;
    [...this.#list.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === this.#at)));
    const option = this.#list.children[this.#at];
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#typed.setAttribute("aria-activedescendant", option.id);
    else this.#typed.removeAttribute("aria-activedescendant");
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const count = this.#found.length;
    if (step && count) {
      event.preventDefault();
      this.#mark((this.#at + step + count) % count);
    } else if (event.key === "Enter" && !this.#list.hidden && this.#at >= 0) {
      event.preventDefault();
      this.#choose(this.#found[this.#at]!);
    } else if (event.key === "Escape" && !this.#list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    } else if (event.key === "Backspace" && !this.#typed.value) {
      this.#chosen.pop();
      this.#show();
    }
  }

  #onPick(event: PointerEvent): void {
    event.preventDefault();
    const option = (event.target as HTMLElement).closest("[role=option]");
    const each = option && this.#found[[...this.#list.children].indexOf(option)];
    if (each) this.#choose(each);
  }

  #onRemove(event: MouseEvent): void {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-key-of]");
    if (!button) return;
    this.#chosen = this.#chosen.filter((each) => each.key !== button.dataset.keyOf);
    this.#show();
    this.#typed.focus();
  }

  #choose(each: Choice): void {
    this.#chosen = this.#isOne ? [each] : [...this.#chosen, each];
    this.#typed.value = "";
    this.#show();
    this.#close();
    this.#told.textContent = word("Chosen: %(name)s", { name: each.name });
    this.#told.className = "visually-hidden";
    if (this.#isOne) this.#chips.querySelector("button")?.focus(); // the field is gone until this is taken away
  }

  #close(): void {
    this.#list.hidden = true;
    this.#typed.setAttribute("aria-expanded", "false");
    this.#typed.removeAttribute("aria-activedescendant");
  }

  #show(): void {
    this.#sent.value = this.#chosen.map((each) => each.key).join(", ");
    this.#chips.hidden = !this.#chosen.length;
    this.#typed.placeholder = this.#chosen.length ? "" : this.#sent.placeholder;
    this.#chips.replaceChildren(...this.#chosen.map((each) => this.#chip(each)));
  }

  #chip(each: Choice): HTMLElement {
    const chip = this.#made("span", "chip");
    const name = this.#made("bdi", "v");
    name.textContent = each.name;
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.keyOf = each.key;
    button.setAttribute("aria-label", word("Take away: %(name)s", { name: each.name }));
    button.textContent = "×";
    chip.append(name, button);
    return chip;
  }
}

customElements.define("name-chooser", NameChooser);
