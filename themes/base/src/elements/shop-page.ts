// What is around a page that was swapped in: where one is, in which languages it is there too, and what lies in the basket.
import { word } from "../words";
import { say } from "./small-things";

const COUNT = "basket-count";

class BasketCount extends HTMLElement {
  connectedCallback(): void {
    this.show();
  }

  show(): void {
    const found = document.cookie.split("; ").find((each) => each.startsWith(`${COUNT}=`));
    const count = Number(found?.slice(COUNT.length + 1) ?? 0);
    this.hidden = !(count > 0);
    this.textContent = count > 0 ? String(count) : "";
  }
}

customElements.define("basket-count", BasketCount);

function settle(): void {
  const main = document.querySelector<HTMLElement>("#main");
  if (!main) return;
  const path = main.dataset.path ?? "";
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".place a[hreflang]")) link.href = `/${link.hreflang}${path}`;
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".place a[rel=nofollow]")) {
    const chosen = new URL(link.href);
    link.href = `${location.pathname}${chosen.search}`;
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".ways a")) {
    const way = new URL(link.href).pathname;
    const is = location.pathname === way ? "page" : location.pathname.startsWith(`${way}/`) ? "true" : "";
    if (is) link.setAttribute("aria-current", is);
    else link.removeAttribute("aria-current");
  }
  document.querySelector<BasketCount>("basket-count")?.show();
  inSight();
}

// The account's rooms are one row, which scrolls on a phone: the room one is in stands in the middle.
function inSight(): void {
  const rooms = document.querySelector<HTMLElement>(".rooms");
  const here = rooms?.querySelector<HTMLElement>("[aria-current]");
  if (!rooms || !here) return;
  const [row, room] = [rooms.getBoundingClientRect(), here.getBoundingClientRect()];
  rooms.scrollLeft += room.x + room.width / 2 - (row.x + row.width / 2);
}
inSight();
document.addEventListener("load", (event) => event.target instanceof HTMLLinkElement && inSight(), true); // its sheet is there

// A link was followed within the page: it begins at its top, and who reads with a screen reader stands at its beginning.
// After the swap the link is gone, and htmx names the new page instead of it: whether it was one is seen before.
let isFollowed = false;
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = (event as CustomEvent<{ ctx?: { sourceElement?: Element } }>).detail ?? {};
  isFollowed = Boolean(ctx?.sourceElement?.matches?.("a, form"));
});
document.addEventListener("htmx:after:swap", () => {
  settle();
  if (!isFollowed) return;
  isFollowed = false;
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named) named.scrollIntoView();
  else scrollTo({ top: 0, behavior: "instant" });
  document.querySelector<HTMLElement>("#main")?.focus({ preventScroll: true });
});
document.addEventListener("htmx:after:history:update", settle);

// Which format is chosen says what the button costs, and whether one may name the price.
addEventListener("change", (event) => {
  const chosen = (event.target as HTMLElement).closest<HTMLInputElement>("input[data-price]");
  const form = chosen?.form;
  if (!chosen || !form) return;
  const price = form.querySelector("[data-chosen-price]");
  if (price) price.textContent = chosen.dataset.price ?? "";
  const named = form.querySelector<HTMLElement>("[data-named]");
  if (named) {
    named.hidden = !chosen.dataset.least;
    const field = named.querySelector("input");
    if (field) {
      field.disabled = named.hidden;
      field.min = field.value = chosen.dataset.least ?? "";
    }
  }
});

addEventListener("click", (event) => {
  const button = (event.target as HTMLElement).closest<HTMLElement>("[data-share]");
  if (!button) return;
  if (navigator.share) void navigator.share({ title: document.title, url: location.href }).catch(() => undefined);
  else void navigator.clipboard.writeText(location.href).then(() => say(word("Copied")));
});
