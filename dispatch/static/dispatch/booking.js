/* Booking a call: the job type brings its usual priority and minutes until somebody chooses others; Ctrl+Enter books;
   a form that was sent and then changed is a new call and gets a new key. Without this module the page works as it is. */

const form = document.getElementById("book");
const touched = new Set();

function suggest(type) {
  if (!touched.has("priority")) {
    const usual = form.querySelector(`input[name=priority][value="${type.dataset.priority}"]`);
    if (usual) usual.checked = true;
  }
  const minutes = form.elements.minutes;
  if (minutes && !touched.has("minutes")) minutes.value = type.dataset.minutes;
}

if (form) {
  const chosen = form.querySelector("input[name=job_type]:checked");
  if (form.querySelector("input[name=priority]:checked")) touched.add("priority");
  if (form.elements.minutes?.value) touched.add("minutes");
  if (chosen) suggest(chosen);
  form.addEventListener("input", ({ target }) => {
    if (target.name === "job_type") suggest(target);
    else touched.add(target.name);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[value=job]"));
  });
  if (!form.querySelector("[data-focus]")) form.elements.summary?.focus();
}
