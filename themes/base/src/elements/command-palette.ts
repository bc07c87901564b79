// One list for everything: places and actions stand in the page, records come from the server while one types.
class CommandPalette extends HTMLElement {
  #ended = new AbortController();
  #search = new AbortController();

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    addEventListener("keydown", (event) => this.#onKey(event), { signal });
    addEventListener("click", (event) => this.#onClick(event), { signal });
    this.#input.addEventListener("input", () => void this.#filter(), { signal });
    this.#input.addEventListener("keydown", (event) => this.#onInputKey(event), { signal });
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  get #dialog(): HTMLDialogElement {
    return this.querySelector("dialog")!;
  }

  get #input(): HTMLInputElement {
    return this.querySelector("input")!;
  }

  get #options(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[role=option]:not([hidden])")];
  }

  get #chosen(): number {
    return this.#options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  }

  #open(): void {
    this.#dialog.showModal();
    this.#input.value = "";
    void this.#filter();
    void this.#lastDeed();
  }

  #onKey(event: KeyboardEvent): void {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (this.#dialog.open) this.#dialog.close();
      else this.#open();
    }
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    if (target.closest("[data-palette]")) this.#open();
    else if (target === this.#dialog) this.#dialog.close();
    else {
      const option = target.closest<HTMLElement>("[role=option]");
      if (option && this.contains(option)) this.#go(option, event.metaKey || event.ctrlKey);
    }
  }

  #onInputKey(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      const count = this.#options.length;
      if (count) this.#choose((this.#chosen + step + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = this.#options[this.#chosen];
      if (option) this.#go(option, event.metaKey || event.ctrlKey);
    }
  }

  #choose(place: number): void {
    this.querySelectorAll("[role=option]").forEach((option) => option.setAttribute("aria-selected", "false"));
    const option = this.#options[place];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #go(option: HTMLElement, apart: boolean): void {
    const { href, press } = option.dataset;
    this.#dialog.close();
    const form = option.querySelector("form");
    if (form) form.requestSubmit();
    else if (press) document.querySelector<HTMLElement>(press)?.click();
    else if (href && apart) open(href, "_blank", "noopener");
    else if (href) location.assign(href);
  }

  async #filter(): Promise<void> {
    const wanted = this.#input.value.trim().toLowerCase();
    for (const option of this.querySelectorAll<HTMLElement>("[role=option]:not([data-record])")) {
      option.hidden = !`${option.textContent} ${option.dataset.words ?? ""}`.toLowerCase().includes(wanted);
    }
    for (const group of this.querySelectorAll<HTMLElement>("[data-group]")) {
      group.hidden = !this.querySelector(`[data-in="${group.dataset.group}"]:not([hidden])`);
    }
    this.#choose(0);
    await this.#records(wanted);
  }

  // What can be taken back is asked for when the palette opens: the page may have been open for long.
  async #lastDeed(): Promise<void> {
    const list = this.querySelector<HTMLElement>("[data-undoes]");
    if (!list) return;
    const answer = await fetch(list.dataset.undoes!, { headers: { accept: "text/html" } });
    list.querySelector("[data-undo]")?.remove();
    if (!answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-undo]");
    const last = [...list.querySelectorAll<HTMLElement>('[data-in="actions"]')].at(-1);
    if (!found || !last) return;
    last.after(found);
    const wanted = this.#input.value.trim().toLowerCase();
    (found as HTMLElement).hidden = !(found.textContent ?? "").toLowerCase().includes(wanted);
  }

  async #records(wanted: string): Promise<void> {
    this.#search.abort();
    this.#search = new AbortController();
    const place = this.querySelector<HTMLElement>("[data-records]")!;
    place.querySelectorAll("[data-record]").forEach((option) => option.remove());
    if (wanted.length < 2) return;
    try {
      const asked = `${place.dataset.records}?q=${encodeURIComponent(wanted)}`;
      const answer = await fetch(asked, { signal: this.#search.signal, headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-record]");
      place.append(...found);
      if (this.#chosen < 0) this.#choose(0);
    } catch (problem) {
      if (!(problem instanceof DOMException)) throw problem; // a newer search took its place
    }
  }
}

customElements.define("command-palette", CommandPalette);
