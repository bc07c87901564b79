// Keeps the activity feed of an open page up to date. The sentences stand in the page; the stream carries only facts.
const feed = document.querySelector("[data-live]");

if (feed) {
  const sentences = JSON.parse(document.getElementById("sentences").textContent);
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const stream = new EventSource(feed.dataset.live);

  stream.addEventListener("activity", ({ data }) => {
    const { id, at, action, actor } = JSON.parse(data);
    if (document.getElementById(`a-${id}`)) return;
    const row = document.createElement("li");
    row.id = `a-${id}`;
    row.className = "new";
    const what = document.createElement("span");
    const who = document.createElement("bdi");
    who.textContent = actor;
    what.append(who, ` · ${sentences[action] ?? action}`);
    const when = document.createElement("time");
    when.dateTime = at;
    when.className = "muted small";
    when.textContent = time.format(new Date(at));
    row.append(what, when);
    feed.prepend(row);
    document.querySelector("[data-empty]")?.setAttribute("hidden", "");
  });
  window.addEventListener("pagehide", () => stream.close());
}
