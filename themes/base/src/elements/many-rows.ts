// Choosing many rows of a table: boxes, shift for a range, X for the row in focus, J and K to move, Escape to let go.
class ManyRows extends HTMLElement {
  #ended = new AbortController();
  #last = -1;

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    this.addEventListener("click", (event) => this.#onClick(event as MouseEvent), { signal });
    addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#show();
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  get #boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>("tbody .check")];
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    const boxes = this.#boxes;
    if (target.matches("[data-all]")) boxes.forEach((box) => (box.checked = (target as HTMLInputElement).checked));
    else if (target.closest("[data-clear]")) boxes.forEach((box) => (box.checked = false));
    else if (target.matches("tbody .check")) {
      const place = boxes.indexOf(target as HTMLInputElement);
      if (event.shiftKey && this.#last >= 0) {
        const [from, to] = [Math.min(place, this.#last), Math.max(place, this.#last)];
        boxes.slice(from, to + 1).forEach((box) => (box.checked = boxes[place]!.checked));
      }
      this.#last = place;
    } else return;
    this.#show();
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (target.matches("input:not(.check), textarea, select")) return;
    const boxes = this.#boxes;
    const row = (document.activeElement as HTMLElement | null)?.closest("tr");
    const place = boxes.findIndex((box) => box.closest("tr") === row);
    if (event.key === "Escape") boxes.forEach((box) => (box.checked = false));
    else if (event.key === "x" && place >= 0) boxes[place]!.checked = !boxes[place]!.checked;
    else if (event.key === "j") boxes[Math.min(place + 1, boxes.length - 1)]?.focus();
    else if (event.key === "k") boxes[Math.max(place - 1, 0)]?.focus();
    else return;
    this.#show();
  }

  #show(): void {
    const boxes = this.#boxes;
    const chosen = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.closest("tr")?.setAttribute("aria-selected", String(box.checked));
    const all = this.querySelector<HTMLInputElement>("[data-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    const bar = this.querySelector<HTMLElement>(".bulk");
    if (bar) bar.hidden = chosen === 0;
    const count = this.querySelector("[data-count]");
    if (count) count.textContent = String(chosen);
  }
}

customElements.define("many-rows", ManyRows);
