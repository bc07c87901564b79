// A sound as its waveform, heard from where it is pressed. The server brings the peaks (pairs of signed bytes, lowest and
// highest); the sound itself is asked for when somebody wants to hear it, and only one is heard at a time.
const COLUMNS = 320;
const SVG = "http://www.w3.org/2000/svg";
const drawing = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    drawing.unobserve(target);
    (target as SoundWave).draw();
  }
});

const spelled = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function outline(peaks: string): string {
  const bytes = Int8Array.from(atob(peaks), (letter) => letter.charCodeAt(0));
  const pairs = bytes.length >> 1;
  const columns = Math.min(COLUMNS, pairs);
  const edge = (column: number, side: 0 | 1): number => {
    const [from, to] = [column, column + 1].map((place) => Math.floor((place * pairs) / columns)) as [number, number];
    let found = 0;
    for (let pair = from; pair < to; pair++) found = Math[side ? "max" : "min"](found, bytes[pair * 2 + side]!);
    return side ? 128 - Math.max(found, 1) : 128 - Math.min(found, -1);
  };
  const places = Array.from({ length: columns }, (_, column) => column);
  const above = places.map((column) => `${column} ${edge(column, 1)}H${column + 1}`);
  const below = places.reverse().map((column) => `${column + 1} ${edge(column, 0)}H${column}`);
  return `M${above.join("L")}L${below.join("L")}Z`;
}

class SoundWave extends HTMLElement {
  #ended = new AbortController();
  #sound: HTMLAudioElement | null = null;

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    drawing.observe(this);
    this.#button?.addEventListener("click", () => this.#turn(), { signal });
    this.#place?.addEventListener("input", () => this.#seek(), { signal });
    document.addEventListener("soundheard", ({ target }) => target !== this && this.#sound?.pause(), { signal });
  }

  disconnectedCallback(): void {
    this.#ended.abort();
    drawing.unobserve(this);
    this.#sound?.pause();
  }

  get #button(): HTMLButtonElement | null {
    return this.querySelector("[data-play]");
  }

  get #place(): HTMLInputElement | null {
    return this.querySelector("input");
  }

  get #length(): number {
    return Number(this.dataset.seconds) || this.#sound?.duration || 0;
  }

  draw(): void {
    const box = this.querySelector(".wave svg");
    if (!box || !this.dataset.peaks || box.childElementCount) return;
    const shape = outline(this.dataset.peaks);
    box.setAttribute("viewBox", `0 0 ${Math.min(COLUMNS, (atob(this.dataset.peaks).length >> 1) || 1)} 256`);
    for (const part of ["rest", "heard"]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", shape);
      path.setAttribute("class", part);
      box.append(path);
    }
  }

  #opened(): HTMLAudioElement {
    if (this.#sound) return this.#sound;
    const { signal } = this.#ended;
    const sound = (this.#sound = new Audio(this.dataset.src));
    for (const event of ["play", "pause", "ended"]) sound.addEventListener(event, () => this.#show(), { signal });
    sound.addEventListener("timeupdate", () => this.#show(), { signal });
    sound.addEventListener("error", () => (this.querySelector<HTMLElement>("[role=alert]")!.hidden = false), { signal });
    return sound;
  }

  #turn(): void {
    const sound = this.#opened();
    if (sound.paused) {
      this.dispatchEvent(new Event("soundheard", { bubbles: true }));
      void sound.play().catch(() => this.#show());
    } else sound.pause();
  }

  #seek(): void {
    const sound = this.#opened();
    const wanted = (Number(this.#place!.value) / 1000) * this.#length;
    if (sound.readyState) sound.currentTime = wanted;
    else sound.addEventListener("loadedmetadata", () => (sound.currentTime = wanted), { once: true });
    this.#say(wanted);
  }

  #show(): void {
    const sound = this.#opened();
    this.toggleAttribute("data-playing", !sound.paused);
    this.#button!.setAttribute("aria-pressed", String(!sound.paused));
    this.#say(sound.currentTime);
  }

  #say(seconds: number): void {
    const part = this.#length ? Math.min(seconds / this.#length, 1) : 0;
    this.style.setProperty("--heard", `${part * 100}%`);
    const place = this.#place!;
    if (place !== document.activeElement || this.hasAttribute("data-playing")) place.value = String(Math.round(part * 1000));
    place.ariaValueText = spelled(seconds);
    this.querySelector("[data-time]")!.textContent = spelled(seconds);
  }
}

customElements.define("sound-wave", SoundWave);
