// An editor's form and, beside it, the page as it would be: whatever is changed is shown at once and kept nowhere. The page in
// the frame runs no script and can be looked at only; what is shown anew takes the place of what was, so that nothing jumps.
import { word } from "../words";

const PAUSE_MS = 250;
const SHEET_MS = 3000;

class LiveLook extends HTMLElement {
  #ended = new AbortController();
  #asked = new AbortController();
  #timer = 0;

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    for (const name of ["input", "change", "rows:moved"]) this.addEventListener(name, () => this.#soon(), { signal });
    this.addEventListener("click", (event) => this.#wide(event.target as HTMLElement), { signal });
    const widths = this.querySelector<HTMLElement>("[data-widths]");
    if (widths) widths.hidden = false;
    this.querySelector<HTMLElement>("[data-by-hand]")?.remove();
    const fit = new ResizeObserver(() => this.#fit());
    fit.observe(this.#pane);
    signal.addEventListener("abort", () => fit.disconnect());
  }

  disconnectedCallback(): void {
    this.#ended.abort();
    this.#asked.abort();
    clearTimeout(this.#timer);
  }

  get #form(): HTMLFormElement {
    return this.querySelector<HTMLFormElement>("form[data-look]")!;
  }

  get #frame(): HTMLIFrameElement {
    return this.querySelector("iframe")!;
  }

  get #pane(): HTMLElement {
    return this.querySelector<HTMLElement>(".look-pane")!;
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), PAUSE_MS);
  }

  async #ask(): Promise<void> {
    this.#asked.abort();
    const { signal } = (this.#asked = new AbortController());
    const fields = [...new FormData(this.#form)].map(([name, value]) => [name, String(value)]);
    try {
      const headers = { accept: "text/html" };
      const answer = await fetch(this.#form.dataset.look!, { method: "POST", body: new URLSearchParams(fields), headers, signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) return this.#say(word("This cannot be shown as it is. Save it to see why."));
      await this.#show(page, signal);
      this.#say("");
    } catch {
      if (!signal.aborted) this.#say(word("The preview could not be reached."));
    }
  }

  async #show(page: Document, signal: AbortSignal): Promise<void> {
    const here = this.#frame.contentDocument;
    if (!here) return;
    const sheets = (from: Document): HTMLLinkElement[] => [...from.head.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")];
    const address = (sheet: HTMLLinkElement): string => sheet.getAttribute("href") ?? "";
    const [old, wanted] = [sheets(here), sheets(page)];
    const had = new Set(old.map(address));
    const added = wanted.filter((sheet) => !had.has(address(sheet))).map((sheet) => here.importNode(sheet));
    const loaded = added.map((sheet) => new Promise<void>((done) => {
      for (const name of ["load", "error"]) sheet.addEventListener(name, () => done(), { once: true });
      setTimeout(done, SHEET_MS);
    }));
    here.head.append(...added);
    await Promise.all(loaded);
    if (signal.aborted) return added.forEach((sheet) => sheet.remove());
    const kept = new Set(wanted.map(address));
    for (const sheet of old) if (!kept.has(address(sheet))) sheet.remove();
    const [left, top] = [here.defaultView!.scrollX, here.defaultView!.scrollY];
    const scheme = page.documentElement.dataset.scheme;
    if (scheme) here.documentElement.dataset.scheme = scheme;
    else delete here.documentElement.dataset.scheme;
    here.body.replaceWith(here.adoptNode(page.body));
    here.defaultView!.scrollTo({ left, top, behavior: "instant" });
    this.dispatchEvent(new CustomEvent("look:shown"));
  }

  #wide(target: HTMLElement): void {
    const chosen = target.closest<HTMLElement>("[data-width]");
    if (!chosen) return;
    for (const each of this.querySelectorAll<HTMLElement>("[data-width]")) each.setAttribute("aria-pressed", String(each === chosen));
    this.#pane.dataset.wide = chosen.dataset.width;
    this.#fit();
  }

  // The page has the width of a screen, and is drawn as small as the place beside the form asks for.
  #fit(): void {
    const [pane, wide] = [this.#pane, Number(this.#pane.dataset.wide ?? 1280)];
    const scale = Math.min(1, pane.clientWidth / wide);
    pane.style.setProperty("--wide", `${wide}px`);
    pane.style.setProperty("--scale", String(scale));
  }

  #say(sentence: string): void {
    const said = this.querySelector("[data-look-said]");
    if (said) said.textContent = sentence;
  }
}

customElements.define("live-look", LiveLook);
