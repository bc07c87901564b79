// Sends the files of a batch: a folder, several files or a ZIP; each goes on where it stopped, however it stopped.
import type { DetailedError, Upload } from "tus-js-client";
import { word } from "../words";

const AT_ONCE = 3;
const PART_BYTES = 8 * 1024 * 1024;
const ANNOUNCED_AT_ONCE = 500;
const PROBLEMS_SHOWN = 50;
const LOOK_AGAIN_MS = 10_000;
const RETRY_MS = [0, 1_000, 3_000, 5_000, 10_000];
const NOISE = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/;

type Found = { path: string; file: File };
type Going = Found & { id: string; sent: number; upload?: Upload; row?: HTMLElement };
type Told = { path: string; id: string; size: number; received: number; state: string; refused?: string };

class BatchFiles extends HTMLElement {
  #waiting: Going[] = [];
  #going = new Set<Going>();
  #known = new Map<string, string>();
  #counts = { files: 0, done: 0, bytes: 0, problems: 0 };
  #sentBytes = 0;
  #pausedBy?: "person" | "line";
  #isDrawn = true;

  connectedCallback(): void {
    const drop = this.#part("drop");
    for (const kind of ["files", "folder"]) {
      const input = this.#part<HTMLInputElement>(`from-${kind}`);
      this.#part(`pick-${kind}`).addEventListener("click", () => input.click());
      input.addEventListener("change", () => this.#chosen(input));
      this.#chosen(input); // before this was there to hear of it
    }
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.dataset.over = "";
    });
    drop.addEventListener("dragleave", () => delete drop.dataset.over);
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      delete drop.dataset.over;
      void dropped(event.dataTransfer).then((found) => this.#take(found));
    });
    this.#part("pause").addEventListener("click", () => this.#pause());
    this.#part("resume").addEventListener("click", () => this.#resume());
    addEventListener("online", this.#resumeLine);
  }

  disconnectedCallback(): void {
    removeEventListener("online", this.#resumeLine);
    this.#pause();
  }

  #part<Kind extends HTMLElement = HTMLElement>(name: string): Kind {
    return this.querySelector<Kind>(`[data-${name}]`)!;
  }

  #chosen(input: HTMLInputElement): void {
    void this.#take([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
    input.value = "";
  }

  async #take(found: Found[]): Promise<void> {
    const wanted = found.filter(({ path, file }) => !NOISE.test(path) && this.#known.get(path) !== stamp(file));
    if (!wanted.length) return;
    for (const { path, file } of wanted) {
      this.#stop(path);
      this.#known.set(path, stamp(file));
      this.#counts.files += 1;
      this.#counts.bytes += file.size;
    }
    this.#part("going").hidden = false;
    this.#draw();
    for (let at = 0; at < wanted.length; at += ANNOUNCED_AT_ONCE) {
      await this.#announce(wanted.slice(at, at + ANNOUNCED_AT_ONCE));
    }
    this.#pump();
  }

  async #announce(wanted: Found[]): Promise<void> {
    const files = wanted.map(({ path, file }) => ({ path, size: file.size, unchanged_ms: age(file) }));
    const answer = await fetch(`${this.dataset.to}/announcements`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ files }),
    }).catch(() => undefined);
    if (!answer?.ok) {
      const said = answer ? ((await answer.json()) as { detail?: string }).detail : undefined;
      for (const { path, file } of wanted) this.#refuse(path, file.size, said ?? word("This could not be sent. Choose it again."));
      return;
    }
    const told = (await answer.json()) as Told[];
    told.forEach((one, place) => {
      const { path, file } = wanted[place]!;
      if (one.refused) this.#refuse(path, file.size, one.refused);
      else if (one.state !== "receiving" || one.received === one.size) this.#finish(file.size);
      else {
        this.#sentBytes += one.received;
        this.#waiting.push({ path, file, id: one.id, sent: one.received });
      }
    });
  }

  #pump(): void {
    while (!this.#pausedBy && this.#going.size < AT_ONCE && this.#waiting.length) {
      const next = this.#waiting.shift()!;
      this.#going.add(next);
      void this.#send(next);
    }
    this.#draw();
    if (!this.#going.size && !this.#waiting.length) this.#end();
  }

  async #send(going: Going): Promise<void> {
    const { Upload } = await import("tus-js-client");
    if (!this.#going.has(going)) return;
    going.upload = new Upload(going.file, {
      uploadUrl: new URL(`${this.dataset.to}/files/${going.id}`, location.href).href,
      chunkSize: PART_BYTES,
      retryDelays: RETRY_MS,
      storeFingerprintForResuming: false,
      onProgress: (sent) => {
        this.#sentBytes += sent - going.sent;
        going.sent = sent;
        this.#draw();
      },
      onSuccess: () => {
        this.#leave(going);
        this.#sentBytes -= going.sent;
        this.#finish(going.file.size);
        this.#pump();
      },
      onError: (problem) => void this.#fail(going, problem),
    });
    going.upload.start();
  }

  async #fail(going: Going, problem: Error | DetailedError): Promise<void> {
    this.#leave(going);
    const answer = "originalResponse" in problem ? problem.originalResponse : null;
    const status = answer?.getStatus() ?? 0;
    if (status === 0 || status >= 500 || status === 429) {
      this.#waiting.unshift(going);
      this.#pausedBy ??= "line";
      this.#draw(parsed(answer?.getBody() ?? "") ?? word("The line is down. It goes on by itself."));
      setTimeout(this.#resumeLine, LOOK_AGAIN_MS);
      return;
    }
    const said = parsed(answer?.getBody() ?? "");
    this.#sentBytes -= going.sent;
    this.#refuse(going.path, going.file.size, said ?? word("This could not be sent. Choose it again."));
    this.#pump();
  }

  // What was on its way under this path is of a file that was written anew since.
  #stop(path: string): void {
    for (const old of [...this.#going, ...this.#waiting].filter((one) => one.path === path)) {
      void old.upload?.abort();
      this.#leave(old);
      this.#waiting = this.#waiting.filter((one) => one !== old);
      this.#sentBytes -= old.sent;
      this.#counts.files -= 1;
      this.#counts.bytes -= old.file.size;
    }
  }

  #leave(going: Going): void {
    going.row?.remove();
    delete going.row;
    this.#going.delete(going);
  }

  #finish(size: number): void {
    this.#counts.done += 1;
    this.#sentBytes += size;
  }

  #refuse(path: string, size: number, reason: string): void {
    this.#known.delete(path);
    this.#counts.files -= 1;
    this.#counts.bytes -= size;
    this.#counts.problems += 1;
    if (this.#counts.problems > PROBLEMS_SHOWN) return;
    const row = document.createElement("li");
    row.className = "problem";
    row.append(isolated(path), reason);
    this.#part("list").append(row);
  }

  #pause(): void {
    this.#pausedBy = "person";
    for (const going of [...this.#going]) {
      void going.upload?.abort();
      this.#leave(going);
      this.#waiting.unshift(going);
    }
    this.#draw(word("Paused. Go on here, or choose the same files again after a reload."));
  }

  #resume(): void {
    this.#pausedBy = undefined;
    this.#pump();
  }

  #resumeLine = (): void => {
    if (this.#pausedBy === "line") this.#resume();
  };

  #end(): void {
    if (!this.#counts.files) return;
    this.#draw(word("All files are here."));
    if (this.dataset.stage !== "mapping" && !this.#counts.problems) location.reload();
  }

  #draw(sentence?: string): void {
    const pause = this.#part<HTMLButtonElement>("pause");
    const resume = this.#part<HTMLButtonElement>("resume");
    const isOver = !this.#going.size && !this.#waiting.length;
    const hadFocus = document.activeElement === pause || document.activeElement === resume;
    pause.hidden = Boolean(this.#pausedBy) || isOver;
    resume.hidden = !this.#pausedBy || isOver;
    if (hadFocus) (pause.hidden ? resume : pause).focus();
    if (sentence) this.#part("said").textContent = sentence;
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => {
      this.#isDrawn = true;
      const number = new Intl.NumberFormat(document.documentElement.lang);
      const { files, done, bytes } = this.#counts;
      const count = { done: number.format(done), all: number.format(files) };
      this.#part("count").textContent = word("%(done)s of %(all)s files are here.", count);
      if (!this.#pausedBy && !isOver) this.#part("said").textContent = "";
      const bar = this.#part<HTMLProgressElement>("bar");
      bar.max = Math.max(bytes, 1);
      bar.value = bytes ? this.#sentBytes : Number(isOver);
      for (const going of this.#going) this.#drawRow(going);
    });
  }

  #drawRow(going: Going): void {
    if (!going.row) {
      going.row = document.createElement("li");
      const bar = document.createElement("progress");
      bar.setAttribute("aria-label", going.path);
      going.row.append(isolated(going.path), bar);
      this.#part("list").prepend(going.row);
    }
    const bar = going.row.querySelector("progress")!;
    bar.max = Math.max(going.file.size, 1);
    bar.value = going.sent;
  }
}

function stamp(file: File): string {
  return `${file.size} ${file.lastModified}`;
}

/** How long a file has lain as it is, in milliseconds; unknown where its date is still to come. */
function age(file: File): number | undefined {
  const passed = Date.now() - file.lastModified;
  return passed >= 0 ? passed : undefined;
}

function isolated(text: string): HTMLElement {
  const name = document.createElement("bdi");
  name.textContent = text;
  return name;
}

function parsed(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { detail?: string }).detail;
  } catch {
    return undefined;
  }
}

async function dropped(data: DataTransfer | null): Promise<Found[]> {
  // What was dropped is gone once this returns; what some programs drop is a file without a place.
  const items = [...(data?.items ?? [])].filter((item) => item.kind === "file");
  const found = await Promise.all(
    items.map((item) => {
      const [entry, file] = [item.webkitGetAsEntry(), item.getAsFile()];
      return entry ? below(entry) : file ? [{ path: file.name, file }] : [];
    }),
  );
  return found.flat();
}

async function below(entry: FileSystemEntry): Promise<Found[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    return [{ path: entry.fullPath.slice(1), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives a hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (!some.length) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map(below))).flat();
}

customElements.define("batch-files", BatchFiles);
