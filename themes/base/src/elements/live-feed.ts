// Keeps the count of news, and a list of what happens, up to date while the page is open.
import { word } from "../words";

type Row = { id: string; at: string; action: string; actor: string };

class LiveFeed extends HTMLElement {
  #stream?: EventSource;

  connectedCallback(): void {
    this.#stream = new EventSource(this.dataset.from!);
    this.#stream.addEventListener("activity", ({ data }) => this.#take(JSON.parse(data) as Row));
    addEventListener("pagehide", () => this.#stream?.close(), { once: true });
  }

  disconnectedCallback(): void {
    this.#stream?.close();
  }

  #take(row: Row): void {
    const sentences: Record<string, string> = JSON.parse(this.querySelector("script")?.textContent ?? "{}");
    const feed = document.querySelector("[data-feed]");
    const sentence = sentences[row.action];
    if (feed && sentence && !document.getElementById(`a-${row.id}`)) {
      feed.prepend(this.#line(row, sentence));
      document.querySelector("[data-feed-empty]")?.setAttribute("hidden", "");
    }
    const own = row.actor === this.dataset.self;
    const notable = (this.dataset.notable ?? "").split(" ").includes(row.action);
    if (!own && notable) this.#count();
  }

  #count(): void {
    for (const badge of document.querySelectorAll<HTMLElement>("[data-news]")) {
      const count = Number(badge.dataset.news) + 1;
      badge.dataset.news = String(count);
      badge.textContent = String(count);
      badge.hidden = false;
      badge.title = word("%(count)s unread", { count });
    }
  }

  #line(row: Row, sentence: string): HTMLLIElement {
    const { lang } = document.documentElement;
    const place = navigator.language.startsWith(lang) ? navigator.language : lang;
    const time = new Intl.DateTimeFormat(place, { timeStyle: "short" });
    const line = document.createElement("li");
    const mark = document.createElement("span");
    const what = document.createElement("span");
    const who = document.createElement("bdi");
    const when = document.createElement("time");
    line.id = `a-${row.id}`;
    line.className = "new";
    mark.className = "avatar sm";
    mark.textContent = [...row.actor][0] ?? "";
    mark.ariaHidden = "true";
    who.textContent = row.actor;
    what.append(who, ` · ${sentence}`);
    when.dateTime = row.at;
    when.className = "muted small";
    when.textContent = time.format(new Date(row.at));
    line.append(mark, what, when);
    return line;
  }
}

customElements.define("live-feed", LiveFeed);
