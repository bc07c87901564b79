import "./css/base.css";
import "./css/kit.css";
import "./css/artist.css";
import "./elements/small-things";

// What only browsers that keep apps know of.
interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

const SEEN = "artist-seen-";

// The worker keeps what was seen last; pages come from the network as long as there is one.
if ("serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/artist/sw.js", { scope: "/artist", updateViaCache: "none" }).catch(() => undefined);
}

// A page that was kept, or that says that there is none, gives way to what is true as soon as there is a connection again.
addEventListener("online", () => {
  if (document.querySelector("html[data-offline], [data-waits-for-line]")) location.reload();
});

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
