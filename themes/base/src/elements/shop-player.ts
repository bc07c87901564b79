// What plays in a shop: one sound, a queue, and all that moves it. Pages only say what there is to hear, in `data-hear`: the
// address of a release's sounds, which are asked for when somebody wants to hear them.
import { word } from "../words";
import { OneStream } from "./one-stream";

interface Sound {
  id: string;
  title: string;
  artist: string;
  page: string;
  cover: string;
  hls: string;
  src: string;
  seconds: number;
  bars: number[];
  buy?: { variant: string; price: string } | null;
}

const SVG = "http://www.w3.org/2000/svg";
const FRESH_MS = 30 * 60_000;
const STEP_SECONDS = 5;
const HLS = "application/vnd.apple.mpegurl";
const known = new Map<string, { sounds: Promise<Sound[]>; at: number }>();

const spelled = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function soundsAt(address: string): Promise<Sound[]> {
  const kept = known.get(address);
  if (kept && performance.now() - kept.at < FRESH_MS) return kept.sounds;
  const sounds = fetch(address, { headers: { accept: "application/json" } }).then((answer) => (answer.ok ? (answer.json() as Promise<Sound[]>) : []));
  known.set(address, { sounds, at: performance.now() });
  sounds.catch(() => known.delete(address));
  return sounds;
}

function shape(bars: number[]): SVGSVGElement {
  const box = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  box.setAttribute("viewBox", `0 0 ${bars.length * 3} 40`);
  box.setAttribute("preserveAspectRatio", "none");
  box.setAttribute("aria-hidden", "true");
  const line = (height: number, place: number): string => `M${place * 3 + 1} ${20 - height * 0.18}V${20 + height * 0.18}`;
  path.setAttribute("d", bars.map(line).join(""));
  for (const [name, value] of Object.entries({ stroke: "currentColor", "stroke-width": "1.7", "stroke-linecap": "round" })) path.setAttribute(name, value);
  box.append(path);
  return box;
}

class ShopPlayer extends HTMLElement {
  #queue: Sound[] = [];
  #at = 0;
  #address = "";
  #retried = false;
  #stream: OneStream | null = null;

  connectedCallback(): void {
    const sound = this.#sound;
    for (const event of ["play", "pause", "timeupdate", "loadedmetadata"]) sound.addEventListener(event, () => this.#show());
    sound.addEventListener("ended", () => this.#go(1, true));
    sound.addEventListener("error", () => this.#failed());
    this.addEventListener("click", (event) => this.#pressed(event.target as HTMLElement));
    this.#place.addEventListener("input", () => this.#seek((Number(this.#place.value) / 1000) * this.#length));
    this.#find<HTMLInputElement>("[data-volume]")?.addEventListener("input", (event) => this.#loud(Number((event.target as HTMLInputElement).value)));
    this.#loud(Number(localStorage.getItem("volume") ?? 100));
    document.addEventListener("click", (event) => void this.#wanted(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("htmx:after:swap", () => this.#mark());
    this.#media();
  }

  #find<T extends Element = HTMLElement>(selector: string): T | null {
    return this.querySelector<T>(selector);
  }

  get #sound(): HTMLAudioElement {
    return this.#find<HTMLAudioElement>("audio")!;
  }

  get #place(): HTMLInputElement {
    return this.#find<HTMLInputElement>(".line input")!;
  }

  get #now(): Sound | undefined {
    return this.#queue[this.#at];
  }

  // Where one is in what plays now: in a stream of several tracks the sound's own time is that of the stream.
  get #time(): number {
    return this.#stream ? this.#stream.time : this.#sound.currentTime;
  }

  get #length(): number {
    if (this.#stream) return this.#stream.length || (this.#now?.seconds ?? 0);
    const length = this.#sound.duration;
    return Number.isFinite(length) && length > 0 ? length : (this.#now?.seconds ?? 0);
  }

  // Somebody pressed play on a page: what plays already is paused and goes on, anything else becomes the queue.
  async #wanted(event: Event): Promise<void> {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-hear]");
    if (!button || this.contains(button)) return;
    event.preventDefault();
    const { hear = "", sound = "" } = button.dataset;
    if (hear === this.#address && (sound ? this.#now?.id === sound : this.#now)) return this.#turn();
    const sounds = await soundsAt(hear).catch(() => []);
    if (!sounds.length) return this.#say(word("There is nothing to hear here yet."));
    this.#address = hear;
    this.#queue = sounds;
    this.#at = Math.max(0, sounds.findIndex((each) => each.id === sound));
    this.#load();
  }

  #load(isPlain = false): void {
    const now = this.#now;
    if (!now) return;
    this.#open(now, isPlain);
    this.hidden = false;
    this.#name(now);
    void this.#sound.play().catch(() => this.#show());
  }

  // Tracks one after the other are one stream where the browser can do that, so that there is no gap between them.
  #open(now: Sound, isPlain: boolean): void {
    const sound = this.#sound;
    this.#stream?.end();
    this.#stream = null;
    if (!isPlain && now.hls && OneStream.isPossible) {
      const told = {
        place: (place: number): void => this.#arrived(place),
        failed: (place: number): void => {
          this.#at = place;
          this.#load(true);
        },
      };
      this.#stream = new OneStream(sound, this.#queue.map((each) => each.hls), this.#at, told);
    } else sound.src = now.hls && sound.canPlayType(HLS) ? now.hls : now.src || now.hls;
  }

  // The stream has gone on to another track by itself.
  #arrived(place: number): void {
    const now = this.#queue[place];
    if (!now) return;
    this.#at = place;
    this.#name(now);
    this.#show();
  }

  #name(now: Sound): void {
    this.#find("[data-title]")!.textContent = now.title;
    this.#find("[data-title]")!.setAttribute("href", now.page);
    this.#find("[data-artist]")!.textContent = now.artist;
    const cover = this.#find<HTMLImageElement>("[data-cover]")!;
    cover.hidden = !now.cover;
    if (now.cover) cover.src = now.cover;
    this.#find("[data-wave]")!.replaceChildren(...(now.bars.length ? [shape(now.bars), shape(now.bars)] : []));
    this.#sell(now);
    this.#list();
    this.#tell();
    this.#say(word("Now playing: %(title)s", { title: now.title }));
  }

  // What is heard can be bought by itself where the label sells it so.
  #sell({ buy }: Sound): void {
    const form = this.#find<HTMLFormElement>("[data-buy]")!;
    form.hidden = !buy;
    form.querySelector<HTMLInputElement>("[name=variant]")!.value = buy?.variant ?? "";
    form.querySelector("bdi")!.textContent = buy?.price ?? "";
  }

  #list(): void {
    const rows = this.#queue.map((each, place) => {
      const [row, button, by] = [document.createElement("li"), document.createElement("button"), document.createElement("small")];
      button.type = "button";
      button.dataset.place = String(place);
      button.textContent = each.title;
      by.textContent = each.artist;
      if (place === this.#at) button.setAttribute("aria-current", "true");
      button.append(by);
      row.append(button);
      return row;
    });
    this.#find(".queue")?.replaceChildren(...rows);
  }

  #pressed(target: HTMLElement): void {
    const button = target.closest<HTMLElement>("button");
    if (!button) return;
    if ("toggle" in button.dataset) this.#turn();
    else if ("next" in button.dataset) this.#go(1);
    else if ("previous" in button.dataset) this.#go(this.#time > 3 ? 0 : -1);
    else if ("stop" in button.dataset) this.#stop();
    else if (button.dataset.place) {
      this.#at = Number(button.dataset.place);
      this.#load();
    }
  }

  #turn(): void {
    const sound = this.#sound;
    if (sound.paused) void sound.play().catch(() => this.#show());
    else sound.pause();
  }

  #go(by: number, ended = false): void {
    const next = this.#at + by;
    if (by === 0 || next < 0) return this.#seek(0);
    if (next >= this.#queue.length) return ended ? this.#show() : undefined;
    this.#at = next;
    this.#load();
  }

  #stop(): void {
    this.#sound.pause();
    this.#stream?.end();
    this.#stream = null;
    this.#sound.removeAttribute("src");
    this.#queue = [];
    this.#address = "";
    this.hidden = true;
    this.#mark();
    document.querySelector<HTMLElement>("#main")?.focus();
  }

  #seek(seconds: number): void {
    if (this.#stream) this.#stream.seek(seconds);
    else if (this.#length) this.#sound.currentTime = Math.min(Math.max(seconds, 0), this.#length);
    this.#show();
  }

  #loud(percent: number): void {
    this.#sound.volume = Math.min(Math.max(percent, 0), 100) / 100;
    const control = this.#find<HTMLInputElement>("[data-volume]");
    if (control) control.value = String(percent);
    localStorage.setItem("volume", String(percent));
  }

  // A link that has ended is asked for once more.
  #failed(): void {
    const now = this.#now;
    if (!now || !this.#sound.getAttribute("src")) return;
    if (this.#retried) return this.#say(word("This cannot be played at the moment."));
    this.#retried = true;
    known.delete(this.#address);
    void soundsAt(this.#address).then((sounds) => {
      this.#queue = sounds;
      this.#load();
    });
  }

  #show(): void {
    const sound = this.#sound;
    if (!sound.paused) this.#retried = false;
    this.toggleAttribute("data-playing", !sound.paused);
    const toggle = this.#find("[data-toggle]");
    if (toggle) toggle.ariaLabel = (sound.paused ? toggle.dataset.playLabel : toggle.dataset.pauseLabel) ?? "";
    const part = this.#length ? Math.min(this.#time / this.#length, 1) : 0;
    this.style.setProperty("--heard", `${part * 100}%`);
    this.#place.value = String(Math.round(part * 1000));
    this.#place.ariaValueText = `${spelled(this.#time)} / ${spelled(this.#length)}`;
    this.#find("[data-time]")!.textContent = spelled(this.#time);
    this.#find("[data-length]")!.textContent = spelled(this.#length);
    this.#mark();
  }

  // Which of a page's tracks is heard.
  #mark(): void {
    const id = this.#now?.id;
    for (const row of document.querySelectorAll<HTMLElement>("[data-row]")) {
      const is = row.dataset.row === id;
      row.classList.toggle("on", is);
      row.classList.toggle("playing", is && !this.#sound.paused);
      if (is) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    for (const button of document.querySelectorAll<HTMLElement>(".listen [data-hear]")) button.classList.toggle("playing", button.dataset.hear === this.#address && Boolean(this.#address) && !this.#sound.paused);
  }

  #say(sentence: string): void {
    const said = this.#find("[data-said]") ?? document.querySelector("[data-said]");
    if (said) said.textContent = sentence;
  }

  // Space and arrows, wherever one is, except where they mean something else.
  #key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (this.hidden || event.altKey || event.ctrlKey || event.metaKey || target.closest("input, select, textarea, button, summary, [popover], a[href]")) return;
    if (event.key === " ") this.#turn();
    else if (event.key === "ArrowRight") this.#seek(this.#time + STEP_SECONDS);
    else if (event.key === "ArrowLeft") this.#seek(this.#time - STEP_SECONDS);
    else return;
    event.preventDefault();
    this.#say(`${spelled(this.#time)} / ${spelled(this.#length)}`);
  }

  #tell(): void {
    const now = this.#now;
    if (!now || !("mediaSession" in navigator)) return;
    const artwork = now.cover ? [{ src: new URL(now.cover, location.href).href }] : [];
    navigator.mediaSession.metadata = new MediaMetadata({ title: now.title, artist: now.artist, artwork });
  }

  #media(): void {
    if (!("mediaSession" in navigator)) return;
    const on = (action: MediaSessionAction, run: (details: MediaSessionActionDetails) => void): void => navigator.mediaSession.setActionHandler(action, run);
    on("play", () => void this.#sound.play());
    on("pause", () => this.#sound.pause());
    on("nexttrack", () => this.#go(1));
    on("previoustrack", () => this.#go(-1));
    on("seekto", (details) => this.#seek(details.seekTime ?? 0));
    on("seekbackward", () => this.#seek(this.#time - 2 * STEP_SECONDS));
    on("seekforward", () => this.#seek(this.#time + 2 * STEP_SECONDS));
  }
}

customElements.define("shop-player", ShopPlayer);
