/* One job's page stays true: when one of its visits moves, the parts that may have changed are fetched again. */

const PARTS = ["job-body", "job-state", "job-actions"];
let timer = 0;

async function refresh() {
  if (document.querySelector("dialog[open]")) {
    timer = setTimeout(refresh, 2000); // somebody is deciding: not under their hands
    return;
  }
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of PARTS) {
    const old = document.getElementById(id);
    const now = fresh.getElementById(id);
    if (!old || !now || old.outerHTML === now.outerHTML) continue;
    old.replaceWith(now);
    globalThis.htmx?.process(now);
  }
}

document.addEventListener("live", ({ detail }) => {
  const known = document.getElementById("job-body")?.dataset.visits ?? "";
  if (!known.includes(detail.uuid)) return;
  clearTimeout(timer);
  timer = setTimeout(refresh, 200);
});
document.addEventListener("live:reload", refresh);
