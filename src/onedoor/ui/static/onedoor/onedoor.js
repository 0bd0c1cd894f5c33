// Pages work without this. It announces live changes; nothing moves while it is being read: news waits for a click.
const live = document.querySelector("[data-live]");
if (live && "EventSource" in window) {
  let news = 0;
  const source = new EventSource(`/live/${live.dataset.live}`);
  source.addEventListener("changed", () => {
    news += 1;
    live.hidden = false;
    live.querySelector("[data-live-count]").textContent = news === 1 ? "1 change" : `${news} changes`;
  });
  window.addEventListener("pagehide", () => source.close());
}

// What a form keeps of what was typed (checks.js) is gone when somebody signs out, and after a day's work whoever is next here.
const DRAFTS = "onedoor-draft:";
const KEPT_MS = 12 * 60 * 60 * 1000;
const sweep = (gone) => {
  for (const shelf of [localStorage, sessionStorage]) {
    for (const name of Object.keys(shelf).filter((one) => one.startsWith(DRAFTS))) {
      if (gone(shelf.getItem(name))) shelf.removeItem(name);
    }
  }
};
const old = (text) => {
  try {
    return !(Date.now() - JSON.parse(text).at <= KEPT_MS);
  } catch {
    return true;
  }
};
try {
  sweep(old);
  for (const form of document.querySelectorAll("form[action$='/signout/']")) form.addEventListener("submit", () => sweep(() => true));
} catch {
  // A browser that keeps nothing has nothing to sweep.
}

// How many entries of a document are ticked stands on the button that accepts them.
const accepts = document.querySelector("form[data-accept]");
const tellTicked = () => {
  const ticked = accepts.querySelectorAll("input[name=number]:checked").length;
  if (ticked) accepts.querySelector("[data-accept-button]").textContent = `Accept ${ticked} into the record`;
};
if (accepts) accepts.addEventListener("change", tellTicked);
