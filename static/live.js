// What happens elsewhere, told to the page as it happens: events of the stream become events of the body, on which
// parts of the page request themselves again (hx-trigger). Without the stream they do so now and then, or not at all.
(function () {
  "use strict";
  const address = document.currentScript.dataset.events;
  const EVENTS = ["projected", "suggested"];
  const PAUSES = [5, 15, 60, 300];
  let source = null;
  let timer = 0;
  let failures = 0;
  let missed = false;

  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name));

  function open() {
    source = new EventSource(address, { withCredentials: true });
    source.addEventListener("open", function () {
      failures = 0;
      if (missed) {
        missed = false;
        EVENTS.forEach(tell);
      }
    });
    source.addEventListener("error", function () {
      missed = true;
      // What breaks off, the browser opens again by itself; what was refused, it does not.
      if (source.readyState === EventSource.CLOSED) {
        timer = window.setTimeout(open, PAUSES[Math.min(failures, PAUSES.length - 1)] * 1000);
        failures += 1;
      }
    });
    for (const name of EVENTS) {
      source.addEventListener(name, () => tell(name));
    }
  }

  // Browsers open six connections to a site: tabs that nobody sees must not hold them.
  function follow() {
    window.clearTimeout(timer);
    source?.close();
    if (document.visibilityState === "visible") {
      open();
    } else {
      missed = true;
    }
  }

  document.addEventListener("visibilitychange", follow);
  follow();
})();
