/* The technician's forms. A form with data-phone is sent in the background with its key: when the line breaks it is sent
   again with the same key, so that whatever arrived twice is done once. What is refused is said above the form, which
   keeps everything that was typed, drawn or photographed. Without this script the same forms post as they are. */

const words = document.getElementById("words")?.dataset ?? {};
const PAUSES = [0, 1500, 4000, 8000]; // milliseconds before each try
const LONGEST = 2000; // a photo's longer side
let sending = 0;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const toast = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
const newKey = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

/* ---- sending ---- */
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-phone]") || event.defaultPrevented) return;
  event.preventDefault();
  if (form.dataset.sending) return;
  const button = event.submitter ?? document.querySelector(`button[form="${form.id}"]`);
  form.dataset.sending = "1";
  form.dataset.sent = "1";
  button?.classList.add("busy");
  button?.setAttribute("aria-disabled", "true");
  const says = form.querySelector("[data-sending]");
  if (says) says.hidden = false;
  sending += 1;
  try {
    const body = await bodyOf(form, event.submitter);
    if (body) await settle(form, await deliver(form, body));
  } catch {
    tell(form, words.unreachable);
  } finally {
    sending -= 1;
    delete form.dataset.sending;
    button?.classList.remove("busy");
    button?.removeAttribute("aria-disabled");
    if (says) says.hidden = true;
    compare();
  }
});

/* What the form says, photographed and drawn things included; nothing when something is still missing. */
async function bodyOf(form, submitter) {
  const body = new FormData(form);
  if (submitter?.name) body.append(submitter.name, submitter.value);
  body.append("device_time", new Date().toISOString());
  if (form.hasAttribute("data-photo")) {
    const input = [...form.querySelectorAll("input[type=file]")].find((one) => one.files.length);
    if (!input) return null;
    const file = input.files[0];
    const photo = await smaller(file);
    body.delete("photo");
    body.append("photo", photo, file.name || "photo.jpg");
    if (file.lastModified) body.append("taken_at", new Date(file.lastModified).toISOString());
  }
  if (form.hasAttribute("data-sign")) {
    const pad = pads.get(form.querySelector("canvas"));
    if (!pad?.strokes.length) {
      tell(form, form.dataset.unsigned);
      return null;
    }
    body.append("signature", await pad.picture(), "signature.png");
  }
  return body;
}

async function deliver(form, body) {
  let failure;
  for (const pause of PAUSES) {
    if (pause) await wait(pause);
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-Phone": "1" },
        signal: AbortSignal.timeout?.(body.has("photo") ? 120_000 : 20_000),
      });
      if (![502, 503, 504].includes(answer.status)) return answer;
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new Error("no answer");
}

async function settle(form, answer) {
  const next = answer.headers.get("X-Next");
  if (next) {
    renew(form);
    form.classList.remove("changed");
    const here = location.pathname + location.search;
    if (next !== here && !(form.dataset.swap && next.split("?")[0] === location.pathname)) return location.assign(next);
    return refresh(form.dataset.swap?.split(" "));
  }
  if (answer.redirected && words.logIn && new URL(answer.url).pathname === words.logIn) return tell(form, words.signedOut);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status === 409 || answer.status === 422) {
    renew(form);
    return tell(form, "", page.getElementById("refusal"));
  }
  if (answer.status === 413) {
    for (const input of form.querySelectorAll("input[type=file]")) input.value = "";
    return tell(form, page.querySelector("main p:not(.faint)")?.textContent ?? words.failed);
  }
  tell(form, answer.status === 403 ? words.forbidden : words.failed);
}

/* The deed has its answer: what is pressed now is a new deed. Until then the same press keeps its key. */
function renew(form) {
  delete form.dataset.sent;
  for (const input of form.querySelectorAll('input[name="once"]')) input.value = newKey();
}

/* Say what went wrong beside the form, and leave the form as it is. */
function tell(form, sentence, ready) {
  if (form.hasAttribute("data-guard")) form.classList.add("changed");
  document.getElementById("refusal")?.remove();
  const notice = ready ?? document.createElement("div");
  if (!ready) {
    notice.className = "notice red";
    notice.id = "refusal";
    notice.setAttribute("role", "alert");
    notice.tabIndex = -1;
    notice.textContent = sentence;
  }
  const main = document.getElementById("main");
  (main.contains(form) && !form.classList.contains("tap-form") ? form : main).prepend(notice);
  notice.scrollIntoView({ block: "center" });
  notice.focus({ preventScroll: true });
}

/* ---- showing what is new: the page as the server has it now, whole or in the named parts ---- */
async function refresh(ids) {
  const answer = await fetch(location.href, { headers: { "X-Phone": "1" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement;
  const [id, name, value] = [focused?.id, focused?.getAttribute("name"), focused?.getAttribute("value")];
  const place = focused?.closest("[id]")?.id;
  document.getElementById("refusal")?.remove();
  for (const one of ids ?? ["main", "bottom"]) replace(page, one);
  const anchor = document.getElementById("page");
  const fresh = page.getElementById("page");
  if (anchor && fresh) anchor.dataset.version = fresh.dataset.version;
  if (!document.contains(focused) || focused === document.body) {
    const same = (id && document.getElementById(id)) || (place && [...(document.getElementById(place)?.querySelectorAll("button") ?? [])].find((one) => one.name === name && one.value === value));
    (same || document.getElementById("main")).focus({ preventScroll: true });
  }
  for (const message of page.querySelectorAll("#toasts .toast")) {
    const level = ["success", "warning", "error"].find((one) => message.classList.contains(one));
    toast(message.querySelector("p").textContent, level);
  }
  begin();
}

function replace(page, id) {
  const find = (root) => (id === "bottom" ? root.querySelector("section.bottom") : root.getElementById(id));
  const [old, fresh] = [find(document), find(page)];
  if (!old || !fresh) return;
  if (id === "main" || id === "bottom") old.replaceChildren(...fresh.childNodes);
  else old.replaceWith(fresh);
}

/* ---- photos: smaller before they are sent; one that this browser cannot read goes as it is ---- */
const made = new WeakMap();
async function smaller(file) {
  if (made.has(file)) return made.get(file);
  let photo = file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    if (scale < 1 || file.size > 2_000_000) {
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      photo = (await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85))) ?? file;
    }
    picture.close();
  } catch {
    photo = file;
  }
  made.set(file, photo);
  return photo;
}

/* ---- the signature: strokes are kept in fractions of the field, so that turning the phone loses nothing ---- */
const pads = new WeakMap();

class Pad {
  strokes = [];
  #made = null;

  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.stroke = null));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  #down(event) {
    if (event.button > 0 || this.stroke) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.stroke = [this.#at(event)];
    this.strokes.push(this.stroke);
    this.#changed();
  }

  #move(event) {
    if (!this.stroke || !this.canvas.hasPointerCapture(event.pointerId)) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length ? steps : [event]) this.stroke.push(this.#at(step));
    this.#changed();
  }

  #changed() {
    this.#made = null;
    this.draw();
    // Another drawing is another deed: the form gets a new key as for any other input.
    this.canvas.closest("form").querySelector("[name=strokes]")?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  draw() {
    const { canvas, pen } = this;
    const scale = Math.max(1, devicePixelRatio);
    const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale].map(Math.round);
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    pen.clearRect(0, 0, width, height);
    pen.lineWidth = 2.4 * scale;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = pen.fillStyle = "#10202c";
    for (const stroke of this.strokes) {
      const points = stroke.map(([x, y]) => [x * width, y * height]);
      pen.beginPath();
      pen.moveTo(...points[0]);
      if (points.length === 1) pen.lineTo(points[0][0] + 0.1, points[0][1]);
      for (let n = 1; n < points.length; n += 1) {
        const [x, y] = points[n - 1];
        pen.quadraticCurveTo(x, y, (x + points[n][0]) / 2, (y + points[n][1]) / 2);
      }
      pen.stroke();
    }
  }

  clear() {
    this.strokes = [];
    this.#changed();
  }

  /* The drawing as a PNG, the same bytes until it changes. */
  async picture() {
    this.#made ??= await new Promise((done) => this.canvas.toBlob(done, "image/png"));
    return this.#made;
  }
}

function begin() {
  for (const canvas of document.querySelectorAll("form[data-sign] canvas")) {
    if (!pads.has(canvas)) pads.set(canvas, new Pad(canvas));
  }
}

document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-clear]");
  if (clear) pads.get(clear.closest("form").querySelector("canvas"))?.clear();
  const fill = event.target.closest("[data-fill]");
  if (!fill) return;
  const into = document.getElementById(fill.dataset.into);
  into.value = fill.dataset.fill;
  into.dispatchEvent(new Event("input", { bubbles: true }));
});

/* ---- fields that send themselves: a reading, a chosen photo, the words beside "needs attention" ---- */
document.addEventListener("change", (event) => {
  const { form, dataset, files } = event.target;
  if (!form) return;
  if ("autosend" in dataset && (!files || files.length)) {
    for (const other of files ? form.querySelectorAll("input[type=file]") : []) if (other !== event.target) other.value = "";
    if (event.target.value.trim()) form.requestSubmit();
  }
  if (dataset.autosendAs) form.requestSubmit(form.querySelector(`button[value="${dataset.autosendAs}"]`));
});

/* ---- somebody else changed this visit while it is open ---- */
let newest = 0;
function compare() {
  const page = document.getElementById("page");
  const banner = document.querySelector("[data-changed]");
  if (page && banner && !sending && newest > Number(page.dataset.version)) banner.hidden = false;
}
document.addEventListener("live", ({ detail }) => {
  const page = document.getElementById("page");
  if (!page || detail.uuid !== page.dataset.visit) return;
  newest = Math.max(newest, Number(detail.version) || 0);
  setTimeout(compare, 300); // our own deed has its answer by then
});
document.addEventListener("live:reload", () => {
  const banner = document.querySelector("[data-changed]");
  if (banner) banner.hidden = false;
});

/* A page that comes back from the browser's memory may be old. */
addEventListener("pageshow", (event) => event.persisted && document.getElementById("page") && refresh().catch(() => {}));
begin();
