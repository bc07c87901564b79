// Shows how far a batch is, and the result once it is there.
class BatchProgress extends HTMLElement {
  #timer = 0;

  connectedCallback(): void {
    this.#timer = window.setInterval(() => void this.#look(), 700);
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const answer = await fetch(this.dataset.from!, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const state = (await answer.json()) as { version: number; done: number; total: number };
    if (state.version !== Number(this.dataset.version)) location.reload();
    const bar = this.querySelector("progress");
    if (bar && state.total) {
      bar.max = state.total;
      bar.value = state.done;
    }
  }
}

customElements.define("batch-progress", BatchProgress);
