// Tracks one after the other in one stream, as an album is meant: each track's segments are laid onto one line of time exactly
// where the track before ends, so that between two of them there is not one sample of silence. A browser without Media Source,
// or a track without renditions, is told of at once: the player then plays files.
interface Segment {
  address: string;
  from: number;
  length: number;
  seconds: number;
}

interface Rendition {
  init: Segment;
  segments: Segment[];
  seconds: number;
}

interface Piece {
  place: number;
  hls: string;
  start: number;
  end: number;
  next: number;
  rates: Map<string, number>;
  renditions: Map<string, Rendition>;
}

interface Told {
  place(place: number): void;
  failed(place: number): void;
}

const TYPE = 'audio/mp4; codecs="mp4a.40.2"';
const AHEAD_SECONDS = 40;
const BEHIND_SECONDS = 60;
const LATER_MS = 1000;
const SEAM_SECONDS = 0.001;
const USUAL_BITS = 160_000;
const AAC_FRAMES = 1024;
const Source: typeof MediaSource | undefined = (window as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource ?? window.MediaSource;

const once = (on: EventTarget, name: string): Promise<Event> => new Promise((done) => on.addEventListener(name, done, { once: true }));

async function read(address: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

// RFC 8216, as far as our own playlists go: an init section and segments, all of them ranges of one file.
function parsed(text: string, base: string): Rendition {
  const ranged = (range: string, address: string, seconds = 0): Segment => {
    const [length = 0, from = 0] = range.split("@").map(Number);
    return { address: new URL(address, base).href, from, length, seconds };
  };
  const map = /#EXT-X-MAP:URI="([^"]+)",BYTERANGE="([^"]+)"/.exec(text);
  if (!map) throw new Error("no init section");
  const found = [...text.matchAll(/#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\S+)\n(\S+)/g)];
  const segments = found.map(([, seconds, range, address]) => ranged(range!, address!, Number(seconds)));
  return { init: ranged(map[2]!, map[1]!), segments, seconds: segments.reduce((sum, each) => sum + each.seconds, 0) };
}

// The box of a kind (ISO 14496-12) between two places: where its inside begins, and where it ends.
function inside(view: DataView, kind: string, from: number, until: number): [number, number] | null {
  for (let at = from; at + 8 <= until; ) {
    const [size, name] = [view.getUint32(at), String.fromCharCode(...[4, 5, 6, 7].map((each) => view.getUint8(at + each)))];
    if (size < 8) return null;
    if (name === kind) return [at + 8, Math.min(at + size, until)];
    at += size;
  }
  return null;
}

// A track's last packet says how much of it is sound, and the rest pads it; a decoder gives out all of it nevertheless. Where it
// says that all is sound, what lies beyond the track's end is cut by the window into which the track is laid, to the sample.
function wholePackets(content: ArrayBuffer): ArrayBuffer {
  const view = new DataView(content);
  let place: [number, number] | null = [0, content.byteLength];
  for (const kind of ["moof", "traf", "trun"]) place = place && inside(view, kind, ...place);
  if (!place) return content;
  const [flags, count] = [view.getUint32(place[0]) & 0xffffff, view.getUint32(place[0] + 4)];
  if (!(flags & 0x100) || count < 1) return content;
  const stride = 4 * [0x100, 0x200, 0x400, 0x800].filter((each) => flags & each).length;
  const first = place[0] + 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  const last = first + (count - 1) * stride;
  view.setUint32(last, count > 1 ? view.getUint32(first) : AAC_FRAMES);
  return content;
}

export class OneStream {
  static get isPossible(): boolean {
    return Boolean(Source?.isTypeSupported(TYPE));
  }

  #sound: HTMLAudioElement;
  #queue: string[];
  #told: Told;
  #media = new Source!();
  #buffer: SourceBuffer | null = null;
  #pieces: Piece[] = [];
  #ended = new AbortController();
  #moved = new AbortController();
  #held = "";
  #bits = USUAL_BITS;
  #place: number;
  #isWorking = false;
  #isWhole = false;

  constructor(sound: HTMLAudioElement, queue: string[], place: number, told: Told) {
    [this.#sound, this.#queue, this.#place, this.#told] = [sound, queue, place, told];
    const { signal } = this.#ended;
    sound.disableRemotePlayback = true; // what is managed for us asks for it
    const address = URL.createObjectURL(this.#media);
    sound.src = address;
    for (const name of ["timeupdate", "waiting", "playing"]) sound.addEventListener(name, () => void this.#go(), { signal });
    this.#media.addEventListener(
      "sourceopen",
      () => {
        URL.revokeObjectURL(address);
        this.#buffer = this.#media.addSourceBuffer(TYPE);
        void this.#go();
      },
      { once: true, signal },
    );
  }

  end(): void {
    this.#ended.abort();
    this.#moved.abort();
  }

  get #piece(): Piece | undefined {
    return this.#pieces.find((each) => this.#sound.currentTime < each.end - SEAM_SECONDS) ?? this.#pieces.at(-1);
  }

  get time(): number {
    return Math.max(0, this.#sound.currentTime - (this.#piece?.start ?? 0));
  }

  get length(): number {
    const piece = this.#piece;
    return piece ? piece.end - piece.start : 0;
  }

  seek(seconds: number): void {
    const piece = this.#piece;
    if (!piece) return;
    const wanted = piece.start + Math.min(Math.max(seconds, 0), piece.end - piece.start);
    if (!this.#isHeld(wanted)) this.#goOnFrom(piece, wanted - piece.start);
    this.#sound.currentTime = wanted;
    void this.#go();
  }

  #isHeld(time: number): boolean {
    const held = this.#buffer?.buffered;
    return Boolean(held) && [...Array(held!.length).keys()].some((each) => held!.start(each) <= time && time < held!.end(each));
  }

  // What comes after is fetched anew from here, for a hole in the stream is a hole in what is heard.
  #goOnFrom(piece: Piece, seconds: number): void {
    this.#moved.abort();
    this.#moved = new AbortController();
    this.#isWhole = false;
    let [at, next] = [0, 0];
    for (const each of [...piece.renditions.values()][0]?.segments ?? []) {
      if (at + each.seconds > seconds) break;
      [at, next] = [at + each.seconds, next + 1];
    }
    piece.next = next;
    for (const later of this.#pieces.slice(this.#pieces.indexOf(piece) + 1)) later.next = 0;
  }

  // One thing after the other: tell where we are, let go of what was, fetch what comes, as long as it is needed.
  async #go(): Promise<void> {
    this.#tell();
    if (this.#isWorking || !this.#buffer) return;
    this.#isWorking = true;
    try {
      while (!this.#ended.signal.aborted && (await this.#step()));
    } catch (problem) {
      if (!this.#ended.signal.aborted && (problem as Error).name !== "AbortError") this.#stopAt();
      else if (!this.#ended.signal.aborted) setTimeout(() => void this.#go());
    } finally {
      this.#isWorking = false;
    }
  }

  #tell(): void {
    const place = this.#piece?.place;
    if (place === undefined || place === this.#place) return;
    this.#place = place;
    this.#told.place(place);
  }

  // The track that could not be had is where this stream ends; the player goes on from there by itself.
  #stopAt(): void {
    const broken = this.#pieces.find((each) => each.next < (this.#best(each)?.segments.length ?? 1));
    if (!this.#pieces.length || broken?.place === this.#place) return this.#told.failed(this.#place);
    this.#finish();
  }

  #finish(): void {
    this.#isWhole = true;
    if (this.#media.readyState === "open" && !this.#buffer!.updating) this.#media.endOfStream();
  }

  async #step(): Promise<boolean> {
    const piece = this.#pieces.find((each) => each.next < (this.#best(each)?.segments.length ?? 0));
    if (piece) {
      const soon = piece.start + this.#secondsBefore(piece) - this.#sound.currentTime;
      if (soon > AHEAD_SECONDS) return false;
      await this.#append(piece);
      return true;
    }
    const last = this.#pieces.at(-1);
    const place = last ? last.place + 1 : this.#place;
    if (this.#isWhole) return false;
    if (place >= this.#queue.length) {
      this.#finish();
      return false;
    }
    if (last && last.end - this.#sound.currentTime > AHEAD_SECONDS) return false;
    await this.#open(place, last?.end ?? 0);
    return true;
  }

  #best(piece: Piece): Rendition | undefined {
    return [...piece.renditions.values()][0];
  }

  #secondsBefore(piece: Piece): number {
    return (this.#best(piece)?.segments ?? []).slice(0, piece.next).reduce((sum, each) => sum + each.seconds, 0);
  }

  async #open(place: number, start: number): Promise<void> {
    const hls = new URL(this.#queue[place]!, location.href).href;
    const text = await read(hls, this.#ended.signal);
    const found = [...text.matchAll(/#EXT-X-STREAM-INF:BANDWIDTH=(\d+)[^\n]*CODECS="mp4a[^\n]*\n(\S+)/g)];
    const piece: Piece = { place, hls, start, end: start, next: 0, rates: new Map(), renditions: new Map() };
    for (const [, bits, name] of found) piece.rates.set(name!, Number(bits));
    piece.end = start + (await this.#rendition(piece)).seconds;
    this.#pieces.push(piece);
  }

  // The best that the line has carried with ease, the smallest where it has not.
  #wanted(piece: Piece): string {
    const rates = [...piece.rates].sort(([, one], [, other]) => one - other);
    const name = rates.filter(([, bits]) => bits <= this.#bits).at(-1)?.[0] ?? rates[0]?.[0];
    if (!name) throw new Error("no rendition");
    return name;
  }

  async #rendition(piece: Piece, fresh = false): Promise<Rendition> {
    const name = this.#wanted(piece);
    const kept = piece.renditions.get(name);
    if (kept && !fresh) return kept;
    const address = new URL(name, piece.hls).href;
    const found = parsed(await read(address, this.#ended.signal), address);
    piece.renditions.set(name, found);
    return found;
  }

  async #append(piece: Piece): Promise<void> {
    const { signal } = this.#moved;
    const rendition = await this.#rendition(piece);
    const segment = rendition.segments[piece.next];
    if (!segment) throw new Error("no segment");
    const content = await this.#fetched(segment, signal).catch(async (problem: Error) => {
      if (problem.name === "AbortError") throw problem;
      const again = await this.#rendition(piece, true); // the links of a playlist end; a new one has new links
      return this.#fetched(again.segments[piece.next]!, signal);
    });
    const which = `${piece.place} ${rendition.init.address}`;
    const init = which === this.#held ? null : await this.#fetched(rendition.init, signal);
    signal.throwIfAborted();
    const buffer = this.#buffer!;
    if (init) {
      buffer.appendWindowStart = 0;
      buffer.appendWindowEnd = piece.end;
      buffer.appendWindowStart = piece.start;
      buffer.timestampOffset = piece.start;
      await this.#put(init);
      this.#held = which;
    }
    await this.#put(piece.next === rendition.segments.length - 1 ? wholePackets(content) : content);
    piece.next += 1;
  }

  async #put(content: ArrayBuffer): Promise<void> {
    const buffer = this.#buffer!;
    for (let tries = 0; ; tries += 1) {
      try {
        const done = once(buffer, "updateend");
        buffer.appendBuffer(content);
        await done;
        return;
      } catch (problem) {
        if ((problem as Error).name !== "QuotaExceededError" || tries > 60) throw problem;
        await this.#letGo();
      }
    }
  }

  async #letGo(): Promise<void> {
    const until = this.#sound.currentTime - BEHIND_SECONDS / 2;
    if (until <= 0) return void (await new Promise((later) => setTimeout(later, LATER_MS)));
    const done = once(this.#buffer!, "updateend");
    this.#buffer!.remove(0, until);
    await done;
    await new Promise((later) => setTimeout(later, LATER_MS));
  }

  async #fetched(segment: Segment, signal: AbortSignal): Promise<ArrayBuffer> {
    const began = performance.now();
    const range = `bytes=${segment.from}-${segment.from + segment.length - 1}`;
    const answer = await fetch(segment.address, { headers: { range }, signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const whole = await answer.arrayBuffer();
    const content = answer.status === 206 ? whole : whole.slice(segment.from, segment.from + segment.length);
    const bits = (8000 * whole.byteLength) / Math.max(performance.now() - began, 1);
    if (whole.byteLength > 20_000) this.#bits = (this.#bits + bits / 2) / 2;
    return content;
  }
}
