// Live updates: events of the stream become events of the body, on which parts of the page reload themselves
// (hx-trigger). Without the stream these parts poll, or do not update.
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
      // Browsers reopen a connection that was interrupted, but not one that was refused.
      if (source.readyState === EventSource.CLOSED) {
        timer = window.setTimeout(open, PAUSES[Math.min(failures, PAUSES.length - 1)] * 1000);
        failures += 1;
      }
    });
    for (const name of EVENTS) {
      source.addEventListener(name, () => tell(name));
    }
  }

  // Browsers open at most six connections to a site, so hidden tabs must not keep one.
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
