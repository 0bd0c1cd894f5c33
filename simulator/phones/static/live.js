// Keeps an open page true: fetches it again when a phone changed, and lets the clock run. Without it, reload does the same.
(() => {
  const live = () => document.getElementById("live");
  const wanted = live()?.dataset.live;

  const refresh = async () => {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!fresh || !live() || fresh.innerHTML === live().innerHTML) return;
    const focused = live().contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    live().replaceChildren(...fresh.childNodes);
    if (focused) live().querySelector(`[href="${focused}"]`)?.focus();
    if (wanted !== "list") document.getElementById("end")?.scrollIntoView({ block: "nearest" });
  };

  // Many changes in a moment are one refresh.
  let planned;
  const refreshSoon = () => {
    if (planned) return;
    planned = setTimeout(() => { planned = undefined; refresh(); }, 150);
  };

  const stream = new EventSource("/live/");
  // What came between the page and its stream, or while the stream was broken, was told to nobody.
  stream.addEventListener("open", () => { if (wanted) refreshSoon(); });
  stream.addEventListener("clock", (event) => {
    const { text, rate, followed } = JSON.parse(event.data);
    document.getElementById("clock").textContent = text;
    if (followed) document.getElementById("unfollowed")?.remove();
    for (const button of document.querySelectorAll("[data-rate]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.rate) === rate));
    }
  });
  stream.addEventListener("phone", (event) => {
    const { phone } = JSON.parse(event.data);
    if (wanted === "list" || wanted === phone) refreshSoon();
  });
  // A page left open must not hold its stream while another is loaded.
  addEventListener("pagehide", () => stream.close());
})();
