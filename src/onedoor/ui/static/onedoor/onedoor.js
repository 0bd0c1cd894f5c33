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
