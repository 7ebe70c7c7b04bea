/* What others change, as it happens. The page names its topics in <html data-live-topics="board visits">; each change
   arrives as document event "live" with detail {topic, kind, uuid, version, id}. When too much was missed, "live:reload"
   says that the page should fetch everything again. An element with data-refresh-on="board" (several words allowed) and
   hx-get plus hx-trigger="refresh" refreshes itself. [data-connection] shows how the line is. */

const root = document.documentElement;
const words = document.getElementById("words")?.dataset ?? {};
const topics = (root.dataset.liveTopics ?? "").split(/[\s,]+/).filter(Boolean);
let source = null;
let last = Number(root.dataset.liveAfter ?? 0); // what the page shows is at least as new as this

function show(state) {
  for (const pill of document.querySelectorAll("body [data-connection]")) {
    if (pill.dataset.state === state) continue;
    pill.dataset.state = state;
    pill.textContent = words[state] ?? "";
  }
  root.dataset.connection = state;
}

function heard(event) {
  let detail;
  try {
    detail = JSON.parse(event.data);
  } catch {
    return;
  }
  if (event.type === "reload" || detail.kind === "reload") {
    last = Number(event.lastEventId) || last;
    document.dispatchEvent(new CustomEvent("live:reload"));
    refresh(() => true);
    return;
  }
  detail.id ??= Number(event.lastEventId);
  if (detail.id && detail.id <= last) return; // a replay after reconnecting may repeat
  last = detail.id || last;
  if (topics.length && detail.topic && !topics.includes(detail.topic)) return;
  document.dispatchEvent(new CustomEvent("live", { detail }));
  refresh((wanted) => wanted.includes(detail.topic));
}

let waiting = new Set();
function refresh(fits) {
  for (const part of document.querySelectorAll("[data-refresh-on]")) {
    if (!fits(part.dataset.refreshOn.split(/\s+/)) || waiting.has(part)) continue;
    waiting.add(part); // ten changes in a moment are one refresh
    setTimeout(() => {
      waiting.delete(part);
      globalThis.htmx?.trigger(part, "refresh");
    }, 150);
  }
}

function connect() {
  source?.close();
  const url = new URL(root.dataset.live, location.href);
  if (topics.length) url.searchParams.set("topics", topics.join(","));
  if (last) url.searchParams.set("after", String(last));
  source = new EventSource(url, { withCredentials: true });
  source.addEventListener("open", () => show("live"));
  for (const name of ["message", "live", "reload"]) source.addEventListener(name, heard);
  source.addEventListener("error", () => {
    show(navigator.onLine ? "waiting" : "offline");
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000); // the browser gave up; we do not
  });
}

addEventListener("offline", () => show("offline"));
addEventListener("online", () => {
  show("waiting");
  if (topics.length) connect();
  else show("off");
});
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && topics.length && connect());
if (root.dataset.live && topics.length) connect();
else if (!navigator.onLine) show("offline");
