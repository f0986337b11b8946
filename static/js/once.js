// A form that is being sent is not sent again by a second click: what it makes would be there twice, or a key that is
// shown once be lost. After a while it may be, for an answer that was a file, or that never came.

const PAUSE = 5000;
const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  setTimeout(() => sent.delete(form), PAUSE);
});
