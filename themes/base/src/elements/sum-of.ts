// Says what the percentages around it add up to while they are typed; `data-fields` finds them, `data-most` marks a sum
// that may also be less than the whole.
import { word } from "../words";

const WHOLE = 100;

class SumOf extends HTMLElement {
  #ended = new AbortController();

  connectedCallback(): void {
    const { signal } = (this.#ended = new AbortController());
    for (const name of ["input", "change"]) this.closest("form")?.addEventListener(name, () => this.#show(), { signal });
    this.#show();
  }

  disconnectedCallback(): void {
    this.#ended.abort();
  }

  #show(): void {
    const fields = [...(this.closest("form")?.querySelectorAll<HTMLInputElement>(this.dataset.fields!) ?? [])];
    const sum = Math.round(fields.reduce((total, field) => total + percent(field.value), 0) * 1e4) / 1e4;
    const isRight = sum === WHOLE || (this.hasAttribute("data-most") && sum < WHOLE);
    this.toggleAttribute("data-wrong", !isRight);
    this.textContent = word("Together: %(sum)s", { sum: `${sum.toLocaleString(document.documentElement.lang)} %` });
  }
}

// The last separator is the decimal one, whichever it is: nobody groups thousands in a percentage.
function percent(text: string): number {
  const bare = text.replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660)).replace(/[\u066b,]/g, ".");
  return Number.parseFloat(bare) || 0;
}

customElements.define("sum-of", SumOf);
