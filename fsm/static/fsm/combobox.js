/* A text field that offers what the server finds while one types (ARIA combobox with a listbox).

   <div class="combo">
     <input data-combobox="/customers/find/" autocomplete="off" ...>
     <input type="hidden" name="customer">                   gets the chosen option's data-value
   </div>
   The address is asked with ?q=... and answers <li role="option" data-value="17" data-label="Lisa Hall">...</li>.
   data-combobox-recent: an empty field asks as well, for what was opened last.
   data-combobox-param="q", data-combobox-min="2", data-combobox-target="id" of the hidden field (else the next one in
   .combo), data-combobox-go: an option with data-url is visited. An answer that comes after further letters, after
   Escape or after a choice is dropped. Choosing fires "combobox:chosen" on the input with
   detail {value, label, option}; typing on afterwards empties the hidden field again. */

const words = document.getElementById("words")?.dataset ?? {};
let made = 0;

function attach(input) {
  if (input.dataset.combo) return;
  const id = (input.dataset.combo = `combo-${++made}`);
  const holder = input.closest(".combo") ?? input.parentElement;
  holder.classList.add("combo");
  const list = document.createElement("ul");
  list.id = id;
  list.className = "listbox";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label") || input.labels?.[0]?.textContent.trim() || "");
  const status = document.createElement("span");
  status.className = "sr";
  status.setAttribute("role", "status");
  holder.append(list, status);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", id);

  const hidden = input.dataset.comboboxTarget
    ? document.getElementById(input.dataset.comboboxTarget)
    : holder.querySelector("input[type=hidden]");
  const least = Number(input.dataset.comboboxMin ?? 2);
  let asked = null;
  let timer = 0;
  let answered = "";

  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled=true])")];
  const current = () => list.querySelector("[aria-selected=true]");

  /** No answer that is under way is wanted any more. */
  function forget() {
    clearTimeout(timer);
    asked?.abort();
  }
  function close() {
    forget();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function show() {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }
  function mark(option) {
    current()?.setAttribute("aria-selected", "false");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function say(text) {
    const note = document.createElement("li");
    note.className = "nothing";
    note.setAttribute("role", "option");
    note.setAttribute("aria-disabled", "true");
    note.textContent = text;
    list.replaceChildren(note);
    status.textContent = text;
  }
  async function ask() {
    const query = input.value.trim();
    forget();
    if (query.length < least && !(query === "" && "comboboxRecent" in input.dataset)) return close();
    const { signal } = (asked = new AbortController());
    const url = new URL(input.dataset.combobox, location.href);
    url.searchParams.set(input.dataset.comboboxParam ?? "q", query);
    try {
      const answer = await fetch(url, { signal, headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (signal.aborted) return;
      if (answer.redirected) throw new Error("redirected");
      list.innerHTML = html; // our own server's fragment; scripts in it would not run
      answered = query;
      options().forEach((option, n) => {
        option.id ||= `${id}-${n}`;
        option.setAttribute("aria-selected", "false");
      });
      if (options().length) status.textContent = words.found;
      else if (query === "") return close();
      else say(words.nothing);
      if (document.activeElement === input) show();
    } catch (error) {
      if (signal.aborted) return;
      say(words.unreachable);
      show();
    }
  }
  function take(option) {
    if (!option || option.getAttribute("aria-disabled") === "true") return;
    close();
    const detail = { value: option.dataset.value ?? "", label: option.dataset.label ?? option.textContent.trim(), option };
    if (option.dataset.url && input.hasAttribute("data-combobox-go")) {
      location.assign(option.dataset.url);
      return;
    }
    input.value = detail.label;
    answered = detail.label;
    if (hidden) {
      hidden.value = detail.value;
      hidden.dispatchEvent(new Event("change", { bubbles: true }));
    }
    input.dispatchEvent(new CustomEvent("combobox:chosen", { bubbles: true, detail }));
  }

  input.addEventListener("input", () => {
    if (hidden?.value) {
      hidden.value = "";
      hidden.dispatchEvent(new Event("change", { bubbles: true }));
    }
    forget();
    timer = setTimeout(ask, 140);
  });
  input.addEventListener("focus", () => {
    if ("comboboxRecent" in input.dataset && !input.value.trim()) ask();
  });
  input.addEventListener("focus", () => input.value.trim() && input.value.trim() === answered && options().length && !hidden?.value && show());
  input.addEventListener("blur", () => setTimeout(() => !holder.contains(document.activeElement) && close(), 120));
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(current());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return options().length && input.value.trim() === answered ? show() : ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
    } else if (event.key === "Enter" && !list.hidden && current()) {
      event.preventDefault();
      take(current());
    } else if (event.key === "Escape" && list.hidden) {
      forget();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Tab" && !list.hidden && current() && !input.hasAttribute("data-combobox-go")) {
      take(current());
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the field
  list.addEventListener("click", (event) => take(event.target.closest("[role=option]")));
}

const scan = (part) => part.querySelectorAll?.("[data-combobox]").forEach(attach);
scan(document);
document.addEventListener("htmx:afterSettle", (event) => scan(event.detail.elt ?? document));
