// SPDX-License-Identifier: Apache-2.0
// Follows a job: moves its bar and its text, and shows the finished page once it has ended. Without
// scripts the page has a link that does the same.
const PAUSE_MS = 1000;
const place = document.querySelector("[data-progress]");

async function look() {
  const answer = await fetch(place.dataset.progress, { headers: { accept: "application/json" } });
  if (!answer.ok) return false;
  const job = await answer.json();
  if (job.is_over) {
    location.reload();
    return false;
  }
  const bar = place.querySelector("progress");
  if (job.total) {
    bar.max = job.total;
    bar.value = job.done;
  }
  place.querySelector("[data-steps]").textContent = job.text;
  return true;
}

async function follow() {
  // A node that restarts does not answer for a moment; the link on the page remains.
  const goOn = await look().catch(() => true);
  if (goOn) setTimeout(follow, PAUSE_MS);
}

if (place) setTimeout(follow, PAUSE_MS);
