// Modals and questions. The browser's own <dialog> keeps the focus inside, makes the rest inert and hears Escape.

const modal = document.getElementById("modal");
const confirming = document.getElementById("confirm");
let opener = null;

export function follow(close) {
  modal.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  // A press outside of the form is no answer: nothing is closed by accident.
}

// Called after every repaint: a modal stands in its slot, or none does.
export function settle() {
  const shown = modal.querySelector("[role=dialog]");
  if (shown && !modal.open) {
    opener = document.activeElement;
    modal.setAttribute("aria-label", shown.querySelector("h2")?.textContent ?? "Form");
    modal.showModal();
    (shown.querySelector("[autofocus], [aria-invalid=true]") ?? shown).focus();
  } else if (!shown && modal.open) {
    modal.close();
    if (opener?.isConnected) opener.focus();
    else document.getElementById("feed").focus();
  } else if (shown) {
    const wrong = shown.querySelector("[aria-invalid=true]");
    if (wrong && !shown.dataset.told) wrong.focus();
    shown.dataset.told = "yes";
  }
}

// Resolves to whether the person said yes.
export function ask({ title, text, yes, no, style }) {
  if (!title && !text) return Promise.resolve(true);
  const back = document.activeElement;
  document.getElementById("confirm-title").textContent = title || "Are you sure?";
  document.getElementById("confirm-text").textContent = text || "";
  const go = document.getElementById("confirm-yes");
  go.textContent = yes || "Yes";
  go.classList.toggle("danger", style === "danger");
  document.getElementById("confirm-no").textContent = no || "Cancel";
  confirming.returnValue = "";
  confirming.showModal();
  return new Promise((resolve) => {
    confirming.addEventListener("close", () => {
      if (back?.isConnected) back.focus();
      resolve(confirming.returnValue === "yes");
    }, { once: true });
  });
}
