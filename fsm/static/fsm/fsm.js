/* What every page needs: dialogs, confirmations, toasts, theme, the / key, the guard for unsaved changes.
   Nothing is exported; other modules speak to it by events on document:
   document.dispatchEvent(new CustomEvent("toast", {detail: {text, level}}))   level: success, info, warning, error
   An htmx answer may say the same by its header HX-Trigger: {"toast": {"text": "...", "level": "success"}}, or
   "dialog-close" to close the shared dialog. */

const words = document.getElementById("words")?.dataset ?? {};
const root = document.documentElement;

/* ---- toasts: leave by themselves unless read (hover, focus) or bad news ---- */
const toasts = document.getElementById("toasts");
const parts = document.getElementById("toast-parts");

function toast(text, level = "info") {
  if (!toasts || !text) return;
  const box = parts.content.firstElementChild.cloneNode(true);
  const sign = { success: "success", error: "warning", warning: "warning" }[level] ?? "info";
  for (const icon of box.querySelectorAll("[data-level]")) {
    if (icon.dataset.level === sign) icon.replaceWith(...icon.childNodes);
    else icon.remove();
  }
  box.classList.add(level);
  box.querySelector("p").textContent = text;
  box.querySelector("button").addEventListener("click", () => box.remove());
  let left = 6000;
  const timer = setInterval(() => {
    if (level === "error" || box.matches(":hover, :focus-within") || document.hidden) return;
    left -= 250;
    if (left <= 0) box.remove();
  }, 250);
  new MutationObserver((_, watch) => {
    if (!box.isConnected) {
      clearInterval(timer);
      watch.disconnect();
    }
  }).observe(toasts, { childList: true });
  // A modal dialog hides what lies outside it: show the message above it.
  const modal = [...document.querySelectorAll("dialog[open]")].pop();
  if (toasts.parentNode !== (modal ?? document.body)) (modal ?? document.body).append(toasts);
  toasts.append(box);
  while (toasts.children.length > 4) toasts.firstElementChild.remove();
}

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
for (const old of toasts?.querySelectorAll(".toast") ?? []) {
  const level = ["success", "warning", "error"].find((name) => old.classList.contains(name));
  const text = old.querySelector("p").textContent;
  old.remove();
  setTimeout(() => toast(text, level), 60); // a live region announces what is added, not what was there
}

/* ---- dialogs: data-dialog="id" opens, [data-close] closes, focus returns to where it was ---- */
let opener = null;

function open(dialog, from) {
  if (dialog.open) return;
  opener = from ?? document.activeElement;
  dialog.showModal();
  dialog.querySelector("[autofocus], [data-focus], input:not([type=hidden]), select, textarea")?.focus();
}

document.addEventListener("click", (event) => {
  const from = event.target.closest("[data-dialog]");
  if (from) {
    const dialog = document.getElementById(from.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      open(dialog, from);
    }
    return;
  }
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target.closest("[data-close]") || event.target === dialog)) {
    event.preventDefault();
    if (event.target !== dialog || !dialog.querySelector("form.changed")) dialog.close();
  }
});
document.addEventListener("close", (event) => {
  if (!(event.target instanceof HTMLDialogElement)) return;
  if (event.target.contains(toasts)) document.body.append(toasts);
  if (event.target.id === "dialog") document.getElementById("dialog-body").replaceChildren();
  if (opener?.isConnected) opener.focus();
}, true);
document.addEventListener("htmx:afterSwap", (event) => {
  const body = event.detail.target;
  if (body?.id !== "dialog-body") return;
  const dialog = body.closest("dialog");
  const title = body.querySelector("h1, h2, h3");
  if (title) dialog.setAttribute("aria-label", title.textContent.trim());
  if (body.childElementCount) open(dialog, event.detail.requestConfig?.elt);
  else dialog.close();
});
document.addEventListener("dialog-close", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
});

/* ---- data-back: the browser's own way back, which keeps what was typed ---- */
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-back]") || history.length < 2) return;
  event.preventDefault();
  history.back();
});

/* ---- confirmation: <form data-confirm="sentence" data-confirm-button="words"> ---- */
document.addEventListener("submit", (event) => {
  const form = event.target;
  const sentence = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!sentence || form.dataset.confirmed) {
    delete form.dataset.confirmed;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  const go = submitter?.dataset.confirmButton ?? form.dataset.confirmButton ?? (submitter?.textContent.trim() || words.go);
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const body = document.createElement("div");
  body.className = "body";
  const title = document.createElement("h2");
  title.id = "confirm-title";
  title.textContent = words.sure;
  const text = document.createElement("p");
  text.textContent = sentence;
  body.append(title, text);
  const foot = document.createElement("div");
  foot.className = "foot";
  const keep = document.createElement("button");
  keep.className = "button";
  keep.textContent = words.cancel;
  keep.autofocus = true;
  const yes = document.createElement("button");
  yes.className = "button primary danger";
  yes.textContent = go;
  foot.append(keep, yes);
  dialog.append(body, foot);
  document.body.append(dialog);
  keep.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    form.dataset.confirmed = "1";
    form.requestSubmit(submitter?.form === form ? submitter : undefined);
  });
  dialog.addEventListener("close", () => setTimeout(() => dialog.remove()));
  open(dialog, submitter);
}, true);

/* ---- a form with data-guard asks before its changes are lost ---- */
document.addEventListener("input", (event) => event.target.form?.matches("[data-guard]") && event.target.form.classList.add("changed"));
document.addEventListener("submit", (event) => event.target.classList.remove("changed"));
addEventListener("beforeunload", (event) => {
  if (document.querySelector("form.changed")) event.preventDefault();
});

/* ---- theme: at once here, remembered by the server ---- */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  root.dataset.theme = theme;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", button.value === theme);
  const body = new FormData(form, event.submitter);
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => toast(words.unreachable, "error"));
});

/* ---- keys: / finds, Escape folds menus ---- */
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = event.target.closest?.("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  const search = document.getElementById("search");
  if (search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

/* ---- tabs by buttons: role=tablist, each tab's aria-controls names its panel; links need no script ---- */
function choose(tab) {
  for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !chosen;
  }
}
document.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) choose(tab);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const all = [...tab.parentElement.querySelectorAll("[role=tab]")];
  const next = all[(all.indexOf(tab) + step + all.length) % all.length];
  choose(next);
  next.focus();
});

/* ---- number steppers on the phone: <button data-step="1"> beside the input of one .stepper ---- */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  const input = button?.closest(".stepper")?.querySelector("input");
  if (!input) return;
  const step = Number(button.dataset.step);
  const least = input.min === "" ? -Infinity : Number(input.min);
  input.value = String(Math.max(least, Number(((Number(input.value) || 0) + step).toFixed(3))));
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

/* ---- htmx: say what went wrong, put the focus on an error ---- */
// A whole page where a part was expected: the answer redirected. Follow it, unless it leads to the log-in page,
// which would lose what was typed.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (target === document.body || !/^\s*<!doctype/i.test(xhr.responseText)) return;
  event.detail.shouldSwap = false;
  const to = new URL(xhr.responseURL || location.href);
  if (words.logIn && to.pathname === words.logIn) toast(words.signedOut, "error");
  else if (xhr.status < 400) location.assign(to);
  else toast(words.failed, "error");
});
document.addEventListener("htmx:sendError", () => toast(words.unreachable, "error"));
document.addEventListener("htmx:timeout", () => toast(words.unreachable, "error"));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  toast(status === 403 ? words.forbidden : status === 401 ? words.signedOut : words.failed, "error");
});
document.addEventListener("htmx:afterSettle", (event) => event.detail.elt?.querySelector?.("[data-focus]")?.focus());
document.querySelector("main [data-focus]")?.focus();
