// Many tracks edited as cells: paste from a spreadsheet, fill down, find and replace, take back; saved together or not.
import { word } from "../words";

type Cell = HTMLInputElement | HTMLSelectElement;
type Change = { cell: Cell; from: string; to: string };
type Answer = { href?: string; detail?: string; cells?: Record<string, Record<string, string>> };

class CellGrid extends HTMLElement {
  #ended = new AbortController();
  #done: Change[][] = [];
  #before = "";

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    this.#found = undefined;
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.addEventListener("paste", (event) => this.#onPaste(event), { signal });
    this.addEventListener("focusin", ({ target }) => (this.#before = this.#isCell(target) ? target.value : ""), { signal });
    this.addEventListener("change", ({ target }) => this.#onChange(target), { signal });
    addEventListener("beforeunload", (event) => this.#changed.length && event.preventDefault(), { signal });
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  // Which cells there are never changes; two hundred rows are looked for once and not for each of a thousand values pasted.
  get #rows(): Cell[][] {
    return (this.#found ??= [...this.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll<Cell>("input, select")]));
  }

  #found?: Cell[][];

  get #changed(): Cell[] {
    return this.#rows.flat().filter((cell) => cell.value !== cell.dataset.was);
  }

  #isCell(target: EventTarget | null): target is Cell {
    return target instanceof HTMLElement && target.dataset.was !== undefined;
  }

  #place(cell: Cell): [number, number] {
    const row = this.#rows.findIndex((cells) => cells.includes(cell));
    return [row, this.#rows[row]!.indexOf(cell)];
  }

  #onChange(target: EventTarget | null): void {
    if (!this.#isCell(target) || target.value === this.#before) return;
    this.#done.push([{ cell: target, from: this.#before, to: target.value }]);
    this.#before = target.value;
    this.#show();
  }

  // What is being typed comes before whatever is done to many cells.
  #settle(): void {
    this.#onChange(document.activeElement);
  }

  #apply(changes: Change[]): void {
    this.#settle();
    const real = changes.filter(({ cell, from, to }) => from !== to && this.#takes(cell, to));
    for (const { cell, to } of real) cell.value = to;
    if (real.length) this.#done.push(real);
    this.#show();
  }

  #takes(cell: Cell, value: string): boolean {
    return cell instanceof HTMLInputElement || [...cell.options].some((option) => option.value === value);
  }

  #undo(): void {
    this.#settle();
    for (const { cell, from } of this.#done.pop() ?? []) cell.value = from;
    this.#show();
  }

  #fill(from: Cell): void {
    const [row, column] = this.#place(from);
    const below = this.#rows.slice(row + 1).map((cells) => cells[column]!);
    this.#apply(below.map((cell) => ({ cell, from: cell.value, to: from.value })));
  }

  #replace(): void {
    const [find, by] = ["#g-find", "#g-with"].map((name) => this.querySelector<HTMLInputElement>(name)!.value);
    if (!find) return;
    const cells = this.#rows.flat().filter((cell) => cell instanceof HTMLInputElement);
    this.#apply(cells.map((cell) => ({ cell, from: cell.value, to: cell.value.replaceAll(find, by!) })));
  }

  #onPaste(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!this.#isCell(event.target) || !/[\t\n]/.test(text.trimEnd())) return; // one value goes where the cursor is
    event.preventDefault();
    const [row, column] = this.#place(event.target);
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.split("\t"));
    const changes = lines.flatMap((values, down) => values.map((value, right) => ({ cell: this.#rows[row + down]?.[column + right], to: value.trim() })));
    this.#apply(changes.flatMap(({ cell, to }) => (cell ? [{ cell, from: cell.value, to }] : [])));
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    if (target.closest("[data-undo]")) this.#undo();
    else if (target.closest("[data-replace]")) this.#replace();
    else if (target.closest("[data-save-all]")) void this.#save();
    else if (target.closest("[data-fill]") && this.#last) this.#fill(this.#last);
    if (this.#isCell(target)) this.#last = target;
  }

  #last: Cell | null = null;

  #onKey(event: KeyboardEvent): void {
    const cell = event.target;
    if (!this.#isCell(cell)) return;
    this.#last = cell;
    const command = event.ctrlKey || event.metaKey;
    const step = { ArrowUp: -1, ArrowDown: 1, Enter: event.shiftKey ? -1 : 1 }[event.key];
    if (command && event.key === "d") this.#fill(cell);
    else if (command && event.key === "z" && cell.value === this.#before) this.#undo();
    else if (command && event.key === "s") void this.#save();
    else if (step && !command && !(cell instanceof HTMLSelectElement && event.key !== "Enter")) {
      const [row, column] = this.#place(cell);
      this.#rows[row + step]?.[column]?.focus();
    } else return;
    event.preventDefault();
  }

  #show(): void {
    if (this.#isCell(document.activeElement)) this.#before = document.activeElement.value;
    const changed = this.#changed;
    for (const cell of this.#rows.flat()) cell.toggleAttribute("data-changed-cell", cell.value !== cell.dataset.was);
    this.querySelector<HTMLButtonElement>("[data-save-all]")!.disabled = changed.length === 0;
    this.querySelector<HTMLButtonElement>("[data-undo]")!.disabled = this.#done.length === 0;
    this.querySelector("[data-changed]")!.textContent = changed.length ? `(${changed.length})` : "";
  }

  async #save(): Promise<void> {
    this.#settle();
    const rows = new Map<string, { id: string; cells: Record<string, string>; before: Record<string, string> }>();
    for (const cell of this.#changed) {
      const id = cell.closest("tr")!.dataset.id!;
      const row = rows.get(id) ?? { id, cells: {}, before: {} };
      row.cells[cell.name] = cell.value;
      row.before[cell.name] = cell.dataset.was!;
      rows.set(id, row);
    }
    if (!rows.size) return;
    const body = JSON.stringify({ rows: [...rows.values()] });
    const asked = { method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body };
    const answer = await fetch(this.dataset.save!, asked).catch(() => null);
    const said: Answer = answer ? await answer.json().catch(() => ({})) : {};
    if (said.href) {
      this.#ended.abort();
      location.assign(said.href);
    } else this.#mark(said, answer?.status === 412);
  }

  #mark(said: Answer, isBehind: boolean): void {
    const problem = this.querySelector<HTMLElement>("[data-problem]")!;
    problem.textContent = said.detail ?? word("This could not be saved. Try again.");
    problem.hidden = false;
    for (const cell of this.#rows.flat()) {
      const why = said.cells?.[cell.closest("tr")!.dataset.id!]?.[cell.name];
      cell.ariaInvalid = why === undefined ? null : "true";
      cell.nextElementSibling?.remove();
      if (why === undefined) continue;
      if (isBehind) cell.dataset.was = why; // saving again is then a choice
      const note = document.createElement("small");
      note.className = "problem";
      note.id = `why-${cell.name}-${cell.closest("tr")!.dataset.id}`;
      note.textContent = isBehind ? `${word("Now it is")}: ${why || "—"}` : why;
      cell.setAttribute("aria-describedby", note.id);
      cell.after(note);
    }
    this.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }
}

customElements.define("cell-grid", CellGrid);
