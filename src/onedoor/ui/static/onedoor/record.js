// The open page of a patient keeps up with the record. News is fetched at once and waits for a press, so that nothing moves while it
// is being read; what may no longer be read goes at once. Without this the page shows what there was when it was opened.
const bar = document.querySelector("[data-record]");
if (bar && "EventSource" in window) {
  const part = document.querySelector("[data-record-part]");
  const said = bar.querySelector("[data-record-said]");
  const show = bar.querySelector("[data-record-show]");
  const keys = (root) => new Set(Array.from(root.querySelectorAll("[data-item]"), (one) => one.dataset.item));
  const address = `${bar.dataset.part}${window.location.search}`;
  const AGAIN_MS = 5000;
  let latest = null;
  let asking = false;
  let wanted = false;
  let rights = false;
  let source = null;
  let again = null;
  let ended = false;

  const tell = (words, press) => {
    said.textContent = words;
    show.hidden = !press;
    bar.toggleAttribute("data-said", Boolean(words));
  };
  const over = () => {
    ended = true;
    clearTimeout(again);
    source.close();
    latest = null;
    part.replaceChildren();
    tell("You may no longer see this record.", false);
    document.dispatchEvent(new CustomEvent("onedoor:record", { detail: "over" }));
  };
  const take = (fetched, fresh) => {
    part.replaceChildren(...fetched.childNodes);
    for (const one of part.querySelectorAll("[data-item]")) {
      if (fresh.has(one.dataset.item)) {
        one.classList.add("od-fresh");
        const tag = document.createElement("span");
        tag.className = "od-tag od-tag--good";
        tag.textContent = "New";
        one.firstElementChild.append(" ", tag);
      }
    }
  };
  const once = async (atOnce) => {
    const answer = await fetch(address, { credentials: "same-origin", redirect: "manual" });
    if (ended) return;
    if (answer.status === 404 || answer.type === "opaqueredirect") {
      over();
      return;
    }
    if (!answer.ok) return;
    const words = await answer.text();
    if (ended) return;
    const fetched = new DOMParser().parseFromString(words, "text/html").body;
    const had = keys(part);
    const fresh = new Set([...keys(fetched)].filter((key) => !had.has(key)));
    if (atOnce) {
      take(fetched, new Set());
      latest = null;
      tell("What you may see of this record has changed.", false);
    } else if (fresh.size) {
      latest = { fetched, fresh };
      tell(`${fresh.size} new`, true);
    }
    document.dispatchEvent(new CustomEvent("onedoor:record", { detail: fresh.size }));
  };
  const ask = async (atOnce) => {
    wanted = true;
    rights = rights || atOnce;
    if (asking) return;
    asking = true;
    while (wanted) {
      const now = rights;
      wanted = rights = false;
      try {
        await once(now);
      } catch {
        // Away for a moment; the stream connects again by itself, and then it is asked for again.
      }
    }
    asking = false;
  };

  show.addEventListener("click", () => {
    if (!latest) return;
    take(latest.fetched, latest.fresh);
    latest = null;
    tell("", false);
    const heading = document.getElementById("timeline");
    heading.tabIndex = -1;
    heading.focus();
  });

  // A browser gives a stream up for good at any answer but a good one. The page is asked for in its place, which ends it where it
  // may no longer be read, and a new stream is opened.
  const listen = () => {
    source = new EventSource(`/live/${bar.dataset.record}`);
    source.addEventListener("open", () => ask(false));
    source.addEventListener("changed", () => ask(false));
    source.addEventListener("rights", () => ask(true));
    source.addEventListener("over", over);
    source.addEventListener("error", async (event) => {
      if (event.target.readyState !== EventSource.CLOSED || ended) return;
      again = setTimeout(listen, AGAIN_MS);
      await ask(false);
    });
  };
  listen();
  // A record opened in need is open for so long and no longer, whether or not anything says so by then.
  if (bar.dataset.minutes) {
    const ends = Date.now() + bar.dataset.minutes * 60000;
    const clock = setInterval(() => {
      if (Date.now() < ends) return;
      clearInterval(clock);
      if (!ended) over();
    }, 1000);
  }
  window.addEventListener("pagehide", () => {
    clearTimeout(again);
    source.close();
  });
}
