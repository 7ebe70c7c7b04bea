/* The upload form: a file can be dropped on it, and one that is too large is refused before it is sent. */
const form = document.getElementById("upload");
const drop = form?.querySelector(".drop");
const input = form?.querySelector("input[type=file]");

if (drop && input) {
  const said = drop.querySelector(".drop-said");
  drop.querySelector(".drop-hint").hidden = false;

  const tooLarge = () => {
    const large = (input.files[0]?.size ?? 0) > Number(form.dataset.limit);
    said.textContent = large ? form.dataset.tooLarge : "";
    said.hidden = !large;
    input.toggleAttribute("aria-invalid", large);
    return large;
  };

  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      if (kind === "drop" || !drop.contains(event.relatedTarget)) drop.classList.remove("over");
    });
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    tooLarge();
  });
  input.addEventListener("change", tooLarge);
  form.addEventListener("submit", (event) => {
    if (tooLarge()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      input.focus();
    }
  });
}
