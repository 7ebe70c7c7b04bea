/* Dialogs that are about one line of a list: the button says where to post and what it is about. */
for (const [id, form, what] of [
  ["verify", "[data-verify-form]", "[data-verify-what]"],
  ["remove-file", "[data-remove-file-form]", "[data-remove-file-what]"],
]) {
  document.addEventListener("click", (event) => {
    const from = event.target.closest(`[data-dialog="${id}"]`);
    const dialog = document.getElementById(id);
    if (!from || !dialog) return;
    dialog.querySelector(form).action = from.dataset.url;
    dialog.querySelector(what).textContent = from.dataset.what;
    const reach = dialog.querySelector("input[name=reach]");
    if (reach) reach.value = from.dataset.value;
  }, true);
}
