// Pages work without this. It announces live changes; nothing moves while it is being read: news waits for a click.
const AGAIN_MS = 5000;
const live = document.querySelector("[data-live]");
if (live && "EventSource" in window) {
  let news = 0;
  let source = null;
  let again = null;
  const tell = () => {
    news += 1;
    live.hidden = false;
    live.querySelector("[data-live-count]").textContent = news === 1 ? "1 change" : `${news} changes`;
  };
  // What changed between the reading of the page and its stream, or while the stream was broken, the server tells at once. A browser
  // gives a stream up for good at any answer but a good one, as while the server begins anew: it is opened again here.
  const listen = () => {
    source = new EventSource(`/live/${live.dataset.live}?seen=${live.dataset.liveSeen}`);
    source.addEventListener("changed", tell);
    source.addEventListener("error", (event) => {
      if (event.target.readyState === EventSource.CLOSED) again = setTimeout(listen, AGAIN_MS);
    });
  };
  listen();
  window.addEventListener("pagehide", () => {
    clearTimeout(again);
    source.close();
  });
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

// What stands behind "More" closes when it is left, as a menu does.
const more = document.querySelector("[data-more]");
if (more) {
  document.addEventListener("click", (event) => { if (!more.contains(event.target)) more.open = false; });
  more.addEventListener("focusout", (event) => { if (event.relatedTarget && !more.contains(event.relatedTarget)) more.open = false; });
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    more.open = false;
    more.querySelector("summary").focus();
  });
}

// How many entries of a document are ticked stands on the button that accepts them.
const accepts = document.querySelector("form[data-accept]");
const tellTicked = () => {
  const ticked = accepts.querySelectorAll("input[name=number]:checked").length;
  accepts.querySelector("[data-accept-button]").textContent = ticked ? `Accept ${ticked} into the record` : accepts.dataset.accept;
};
if (accepts) accepts.addEventListener("change", tellTicked);
