import "./css/base.css";
import "./css/kit.css";
import "./css/artist.css";
import "./elements/small-things";
import "./elements/typed-again";

// What only browsers that keep apps know of.
interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

const SEEN = "artist-seen-";
const FIRST_LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 60_000;

// The worker keeps what was seen last; pages come from the network as long as there is one.
if ("serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/artist/sw.js", { scope: "/artist", updateViaCache: "none" }).catch(() => undefined);
}

// A page that was kept, or that says that there is none, gives way to what is true. That a device is on a line does not say
// yet that something comes over it: the page is asked for before it is shown anew, at longer and longer intervals, which go
// on across the reload where the worker still had no line.
const TRIES = "tries-without-line";
let isLooking = false;

async function giveWay(): Promise<void> {
  if (isLooking || !navigator.onLine) return;
  isLooking = true;
  const answer = await fetch(location.pathname, { cache: "no-store" }).catch(() => undefined);
  isLooking = false;
  if (answer) location.reload();
  else lookLater();
}

function lookLater(): void {
  const tries = Number(sessionStorage.getItem(TRIES));
  sessionStorage.setItem(TRIES, String(tries + 1));
  setTimeout(() => void giveWay(), Math.min(FIRST_LOOK_MS * 2 ** tries, LONGEST_LOOK_MS));
}

if (document.querySelector("html[data-offline], [data-waits-for-line]")) {
  addEventListener("online", () => void giveWay());
  lookLater();
} else {
  sessionStorage.removeItem(TRIES);
}

// Whoever leaves takes along what this device kept for them; the answer to leaving says so once more.
addEventListener("submit", (event) => {
  if ((event.target as HTMLElement).matches("[data-leaves]") && "caches" in window) {
    void caches.keys().then((names) => names.filter((name) => name.startsWith(SEEN)).forEach((name) => void caches.delete(name)));
  }
});

// The device offers to keep the app: the offer is made where one's own things are, and not over what one reads.
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  const button = document.querySelector<HTMLButtonElement>("[data-install]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.hidden = true;
    void (event as InstallPrompt).prompt();
  });
});
