// The worker of the artists' app. It serves the frame's files from the device, asks the network for every page, and keeps of
// the pages that say so (x-keep) the one seen last, for one member at a time (x-seen-by). Whatever is sent is never touched.
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Serving {
  SHELL: string;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(): Promise<readonly { url: string }[]> };
  addEventListener(kind: "install" | "activate", run: (event: Waiting) => void): void;
  addEventListener(kind: "fetch", run: (event: Fetching) => void): void;
}

const worker = self as unknown as Serving;
const SHELLS = "artist-shell-";
const SHELL = SHELLS + worker.SHELL;
const SEEN = `artist-seen-${location.host}-`;
const HOME = "/artist";
const KEPT = [HOME, "/artist/releases", "/artist/money"];
const OFFLINE = "/artist/offline";
const FRAME = /^\/(?:assets|theme|icons)\/|^\/favicon\.svg$/;
const PATIENCE_MS = 6_000;
const MOST_FILES = 120;
const MOST_PICTURES = 80;

worker.addEventListener("install", (event) => event.waitUntil(fill().then(() => worker.skipWaiting())));
worker.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => worker.clients.claim()).then(keepOpen)));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (address.pathname === HOME || address.pathname.startsWith(`${HOME}/`)) event.respondWith(page(event, address));
  } else if (FRAME.test(address.pathname)) {
    event.respondWith(file(event));
  } else if (request.destination === "image" && address.pathname.startsWith("/files/")) {
    event.respondWith(picture(event));
  }
});

// The frame is whatever the page for no connection is drawn with.
async function fill(): Promise<void> {
  const cache = await caches.open(SHELL);
  const answer = await fetch(OFFLINE, { cache: "reload" });
  if (!answer.ok) throw new Error("the page for no connection did not come");
  const html = await answer.clone().text();
  await cache.put(OFFLINE, answer);
  const named = [...html.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map((found) => found[1] ?? "");
  await cache.addAll([...new Set(named.filter((path) => FRAME.test(path)))]);
}

async function tidy(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(SHELLS) && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
}

// The page that brought the worker along was there before it, and is kept as well.
async function keepOpen(): Promise<void> {
  for (const { url } of await worker.clients.matchAll()) {
    const address = new URL(url);
    if (KEPT.includes(address.pathname) && !address.search) {
      const answer = await fetch(address.pathname, { headers: { accept: "text/html" } }).catch(() => undefined);
      if (answer && !answer.redirected) await keep(address, answer);
    }
  }
}

async function page(event: Fetching, address: URL): Promise<Response> {
  const kept = await lastSeen(address.pathname);
  const going = fetch(event.request);
  try {
    const answer = await (kept ? Promise.race([going, patience()]) : going);
    if (answer) {
      event.waitUntil(keep(address, answer.clone()));
      return answer;
    }
    event.waitUntil(going.then((late) => keep(address, late)).catch(() => undefined));
  } catch {
    if (!kept) return (await caches.match(OFFLINE)) ?? Response.error();
  }
  return kept ? asOf(kept) : going;
}

const patience = (): Promise<undefined> => new Promise((done) => setTimeout(() => done(undefined), PATIENCE_MS));

async function lastSeen(path: string): Promise<Response | undefined> {
  const name = await seenName();
  return name ? (await caches.open(name)).match(path) : undefined;
}

const seenName = async (): Promise<string | undefined> => (await caches.keys()).find((name) => name.startsWith(SEEN));

// A page that was seen by somebody else now empties what was kept for whoever was here before; so does being led to the door.
async function keep(address: URL, answer: Response): Promise<void> {
  const member = answer.headers.get("x-seen-by");
  const isOut = answer.type === "opaqueredirect" && KEPT.includes(address.pathname);
  if (!member && !isOut) return;
  const name = SEEN + member;
  const others = (await caches.keys()).filter((each) => each.startsWith("artist-seen-") && each !== name);
  await Promise.all(others.map((each) => caches.delete(each)));
  if (answer.status === 200 && answer.headers.get("x-keep")) await (await caches.open(name)).put(address.pathname, answer);
}

// The page itself says as of when it is, and shows it once it is marked.
async function asOf(kept: Response): Promise<Response> {
  const html = (await kept.text()).replace("<html", "<html data-offline");
  const headers = new Headers(kept.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(html, { status: 200, headers });
}

async function file(event: Fetching): Promise<Response> {
  const cache = await caches.open(SHELL);
  const held = await cache.match(event.request);
  if (held) return held;
  const answer = await fetch(event.request);
  if (answer.ok) event.waitUntil(cache.put(event.request, answer.clone()).then(() => trim(cache, MOST_FILES)));
  return answer;
}

async function picture(event: Fetching): Promise<Response> {
  const name = await seenName();
  if (!name) return fetch(event.request);
  const cache = await caches.open(name);
  const held = await cache.match(event.request);
  if (held) return held;
  const answer = await fetch(event.request);
  if (answer.status === 200) event.waitUntil(cache.put(event.request, answer.clone()).then(() => trim(cache, MOST_PICTURES)));
  return answer;
}

// What came first goes first; pages stay.
async function trim(cache: Cache, most: number): Promise<void> {
  const held = (await cache.keys()).filter((each) => !new URL(each.url).pathname.startsWith(HOME));
  await Promise.all(held.slice(0, Math.max(0, held.length - most)).map((each) => cache.delete(each)));
}

export {};
