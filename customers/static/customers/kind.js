/* A form about a household asks for a person's name, one about a company for the company's. Without this script
   all fields are shown, and the server says what is missing. */
for (const form of document.querySelectorAll("[data-kind-form]")) {
  const kind = form.elements.kind;
  const show = () => {
    const household = kind.value === "household";
    for (const field of form.querySelectorAll(".for-company")) {
      field.hidden = household && !field.querySelector("input")?.value;
    }
    for (const field of form.querySelectorAll(".for-household")) {
      field.hidden = !household && !field.querySelector("input")?.value;
    }
  };
  kind?.addEventListener("change", show);
  if (kind) show();
}
