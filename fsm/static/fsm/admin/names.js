// Django's find-as-you-type boxes have no name of their own: they take their label's.
const nameBoxes = () => {
  for (const choice of document.querySelectorAll("select.admin-autocomplete[id]")) {
    const label = document.querySelector(`label[for="${CSS.escape(choice.id)}"]`);
    const box = choice.parentElement.querySelector(".select2-selection");
    if (!label || !box || box.dataset.named) continue;
    label.id ||= `${choice.id}-label`;
    box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") ?? ""}`.trim());
    const words = box.querySelector(".select2-selection__rendered"); // plain words, no box within the box
    words?.removeAttribute("role");
    words?.removeAttribute("aria-readonly");
    box.dataset.named = "yes";
  }
};
addEventListener("load", nameBoxes);
document.addEventListener("formset:added", () => setTimeout(nameBoxes));
