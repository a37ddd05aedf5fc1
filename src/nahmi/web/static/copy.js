// SPDX-License-Identifier: Apache-2.0
// Buttons that copy a field. Without scripts they stay hidden, and the field can be selected.
const SHOWN_MS = 3000;

for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  if (!field || !navigator.clipboard) continue;
  const label = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, SHOWN_MS);
  });
}
