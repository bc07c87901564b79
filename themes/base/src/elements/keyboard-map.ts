// Every shortcut is written on the thing it presses (data-key="g h"), so that the sheet, the page and the keys agree.
const PATIENCE_MS = 1200;

class KeyboardMap extends HTMLElement {
  #ended = new AbortController();
  #before = "";
  #since = 0;

  connectedCallback(): void {
    addEventListener("keydown", (event) => this.#onKey(event), { signal: (this.#ended = new AbortController()).signal });
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const writes = target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (event.metaKey || event.ctrlKey || event.altKey || writes || document.querySelector("dialog[open]")) return;
    const late = event.timeStamp - this.#since > PATIENCE_MS;
    const typed = this.#before && !late ? `${this.#before} ${event.key}` : event.key;
    this.#before = "";
    if (typed === "?") {
      event.preventDefault();
      this.querySelector("dialog")?.showModal();
      return;
    }
    const pressed = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(typed).replace("\\ ", " ")}"]`);
    if (pressed) {
      event.preventDefault();
      if (pressed instanceof HTMLInputElement) pressed.focus();
      else pressed.click();
    } else if (document.querySelector(`[data-key^="${CSS.escape(typed)} "]`)) {
      [this.#before, this.#since] = [typed, event.timeStamp];
    }
  }
}

customElements.define("keyboard-map", KeyboardMap);
