// The one queue of decisions that were made and not answered yet. They are sent in order, one at a time, and kept in the
// browser until the server has answered; each is a form with a key, so sending one twice has one effect. The queue
// belongs to an account: no other account's page reads it, and the server refuses its forms in another's session.
(function () {
  "use strict";
  const account = document.querySelector('meta[name="account"]')?.content;
  const said = document.getElementById("on-their-way");
  if (!account || !said) {
    return;
  }
  const PREFIX = `ptfi:decision:${account}:`;
  const PAUSES = [2, 5, 10, 30, 60];
  const ANSWERED_LATER = [408, 425, 429, 502, 503, 504];
  const MOST_FAILED = 3;
  const MOST_KEPT_ALIVE = 60000;
  const PATIENCE = 60000;
  const SHOWN_AFTER = 250;
  // For browsers that keep nothing; these are lost with the page.
  const memory = new Map();
  let number = 0;
  let running = false;
  let why = "";
  let failures = 0;
  let timer = 0;
  let flying = "";

  // The store: one entry per decision, so that two tabs never overwrite each other's.

  function stored() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    } catch {
      return [];
    }
  }

  function read(key) {
    try {
      return { ...(memory.get(key) || JSON.parse(localStorage.getItem(key))), key };
    } catch {
      return { key };
    }
  }

  const records = () =>
    [...new Set([...stored(), ...memory.keys()])]
      .sort()
      .map(read)
      .filter((record) => record.url);

  function write(key, record) {
    try {
      localStorage.setItem(key, JSON.stringify(record));
    } catch {
      memory.set(key, record);
    }
  }

  function remove(key) {
    memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing was kept.
    }
  }

  // record: id and name of the suggestion, kind of the decision, url and body of the request.
  function add(record) {
    number += 1;
    const key = `${PREFIX}${String(Date.now()).padStart(15, "0")}:${String(number).padStart(6, "0")}`;
    write(key, record);
    changed();
    run();
    return key;
  }

  // Whether the decision was taken out of the queue before it was sent.
  function takeBack(key) {
    if (key === flying || !read(key).url) {
      return false;
    }
    remove(key);
    changed();
    return true;
  }

  // What is visible of the queue

  let shown = 0;
  function changed() {
    const left = records().length;
    window.clearTimeout(shown);
    // One that is answered right away needs no words.
    shown = window.setTimeout(show, left && said.hidden && !why ? SHOWN_AFTER : 0);
    document.dispatchEvent(new CustomEvent("outbox:changed", { detail: { left } }));
  }

  function show() {
    const left = records().length;
    said.hidden = left === 0;
    const words = `${said.dataset[why || "sending"]} ${left}`;
    const place = said.querySelector("[data-words]");
    if (place.textContent !== words) {
      place.textContent = words;
    }
    said.querySelector("a").hidden = why !== "signedOut";
  }

  // Sending

  function headers(again) {
    const token = document.querySelector('meta[name="csrf-token"]').content;
    const more = again ? { "X-Again": "1" } : {};
    return { "HX-Request": "true", "HX-Target": "sent", "X-CSRFToken": token, ...more };
  }

  async function ask(record, again) {
    const answer = await fetch(record.url, {
      method: "POST",
      redirect: "manual",
      keepalive: record.body.length < MOST_KEPT_ALIVE,
      headers: { ...headers(again), "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8" },
      body: record.body,
      signal: AbortSignal.timeout(PATIENCE),
    });
    return { answer, html: answer.type === "opaqueredirect" ? "" : await answer.text() };
  }

  const NOTICES = { offline: "offline", "signed-out": "signedOut", "someone-else": "someoneElse" };

  // Sends one. Returns "" if it was answered, or why the queue has to wait.
  async function send(record, again = false) {
    let got = null;
    try {
      got = await ask(record, again);
    } catch {
      return "offline";
    }
    const { answer, html } = got;
    if (answer.type === "opaqueredirect") {
      return "signedOut";
    }
    if (ANSWERED_LATER.includes(answer.status) || (answer.status >= 500 && failures < MOST_FAILED)) {
      return "offline";
    }
    // Pages of refusals that are not about the decision replace nothing on the page: the session comes first.
    if (!answer.ok && answer.headers.get("HX-Retarget")) {
      const refused = await window.askSession();
      if (refused) {
        return NOTICES[refused];
      }
      if (answer.headers.get("X-Refused") === "csrf" && !again) {
        return send(record, true);
      }
    }
    finish(record, answer, html);
    return "";
  }

  function finish(record, answer, html) {
    failures = 0;
    remove(record.key);
    if (answer.ok) {
      tell("answered", { record, html: answer.headers.get("HX-Redirect") ? "" : html });
    } else if (tell("refused", { record, html, status: answer.status })) {
      // Nobody here can show it: it waits for the review.
      write(record.key, { ...record, waits: true });
    }
  }

  // True if no listener took the event.
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`outbox:${name}`, { detail, cancelable: true }));

  async function sendAll() {
    let next = null;
    do {
      next = records().find((record) => !record.waits);
      flying = next?.key || "";
      why = next ? await send(next) : "";
      flying = "";
      changed();
    } while (next && !why);
    if (why) {
      failures += 1;
      // After signing in, the page comes back into view.
      const pause = PAUSES[Math.min(failures, PAUSES.length) - 1] * 1000;
      timer = window.setTimeout(run, why === "offline" ? pause : PAUSES.at(-1) * 1000);
    }
  }

  // One tab at a time, as others may hold the same queue.
  async function run() {
    if (running) {
      return;
    }
    running = true;
    window.clearTimeout(timer);
    try {
      await (navigator.locks ? navigator.locks.request(PREFIX, sendAll) : sendAll());
    } finally {
      running = false;
    }
    // One that was added between the last look and the end.
    if (!why && records().some((record) => !record.waits)) {
      run();
    }
  }

  // Decisions of an earlier page are sent only once the session is known to be the account's own.
  async function resume() {
    if (!running && records().length > 0 && document.visibilityState === "visible") {
      const refused = await window.askSession();
      why = refused ? NOTICES[refused] : "";
      changed();
      if (!refused) {
        run();
      }
    }
  }

  // Another tab may have answered them.
  window.addEventListener("storage", function (event) {
    if (event.key?.startsWith(PREFIX) && event.newValue === null) {
      tell("answered", { record: { ...JSON.parse(event.oldValue), key: event.key }, html: "" });
    }
    changed();
  });
  window.addEventListener("online", resume);
  window.addEventListener("focus", resume);
  document.addEventListener("visibilitychange", resume);

  // Closing asks. A link within the site does not: the next page goes on sending.
  let inside = false;
  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[href]");
    inside = Boolean(link && !link.target && link.origin === window.location.origin);
    window.setTimeout(() => (inside = false), 1000);
  });
  window.addEventListener("beforeunload", function (event) {
    if (!inside && records().length > 0) {
      event.preventDefault();
    }
  });

  window.outbox = { add, records, takeBack, run, isFlying: (key) => key === flying };

  // After the review's scripts, which take what was refused.
  window.addEventListener("load", function () {
    const takes = document.getElementById("review");
    for (const record of takes ? records().filter((each) => each.waits) : []) {
      write(record.key, { ...record, waits: false });
    }
    changed();
    resume();
  });
})();
