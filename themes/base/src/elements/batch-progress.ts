// Shows how far a batch is while it is worked on, and the result once it is there. The server tells; where it cannot, it
// is asked.
const ASK_MS = 700;

type State = { version: number; done: number; total: number; step: string | null; trouble: string | null };

class BatchProgress extends HTMLElement {
  #stream?: EventSource;
  #timer = 0;

  connectedCallback(): void {
    const stream = (this.#stream = new EventSource(this.dataset.events!));
    stream.addEventListener("state", ({ data }) => this.#show(JSON.parse(data) as State));
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) this.#timer ||= window.setInterval(() => void this.#ask(), ASK_MS);
    });
    addEventListener("pagehide", () => this.#stop(), { once: true });
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  #stop(): void {
    this.#stream?.close();
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    const answer = await fetch(this.dataset.from!, { headers: { accept: "application/json" } });
    if (answer.ok) this.#show((await answer.json()) as State);
  }

  #show({ version, done, total, step, trouble }: State): void {
    if (version !== Number(this.dataset.version) || (trouble ?? "") !== this.dataset.trouble) {
      this.#stop();
      location.reload();
      return;
    }
    const bar = this.querySelector("progress");
    if (bar && total) [bar.max, bar.value] = [total, done];
    const spelled = new Intl.NumberFormat(document.documentElement.lang);
    for (const [name, count] of Object.entries({ done, total })) {
      const place = this.querySelector(`[data-${name}]`);
      if (place) place.textContent = spelled.format(count);
    }
    const steps = this.dataset.steps?.split(" ") ?? [];
    this.querySelectorAll(".steps > li").forEach((line, place) => {
      line.toggleAttribute("data-past", place < done);
      if (step !== null && steps[place] === step) line.ariaCurrent = "step";
      else line.removeAttribute("aria-current");
    });
  }
}

customElements.define("batch-progress", BatchProgress);
