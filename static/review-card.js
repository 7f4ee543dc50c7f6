// The open card of the review queue. The next ones are fetched before they are needed, so that showing one takes no
// request.
(function () {
  "use strict";
  const list = window.reviewList;
  const find = (selector) => document.querySelector(selector);
  const toasts = document.getElementById("toasts");
  const AHEAD = 3;
  const KEPT = 12;
  const FRESH = 400;
  const NEAR = 30;
  // Address → the card, or the promise of it.
  const cards = new Map();
  const typed = new Map();

  const editing = () => find("#open #edit");

  // Fetched ahead

  async function get(url) {
    const headers = { "HX-Request": "true", "HX-Target": "open", Purpose: "prefetch" };
    const answer = await fetch(url, { headers, redirect: "manual" });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    return ready(await answer.text());
  }

  // Reading the HTML takes longer than showing what was read.
  function ready(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const title = template.content.querySelector("title");
    title?.remove();
    for (const element of template.content.querySelectorAll("[data-needs-script]")) {
      element.hidden = false;
    }
    return { content: template.content, title: title?.textContent.trim() };
  }

  function fetchCard(url) {
    const promise = get(url).then(
      function (got) {
        // It may have been dropped since.
        if (cards.get(url) === promise) {
          cards.set(url, got);
        }
        return got;
      },
      function (error) {
        if (cards.get(url) === promise) {
          cards.delete(url);
        }
        throw error;
      },
    );
    promise.catch(() => undefined);
    cards.set(url, promise);
    return promise;
  }

  const isAhead = (url) => Boolean(cards.get(url)?.content);
  const addresses = () => list.following(list.opened(), AHEAD).map((row) => list.linkOf(row).href);

  function fetchAhead() {
    for (const url of addresses()) {
      cards.has(url) || fetchCard(url);
    }
    const old = [...cards.keys()].filter((url) => !addresses().includes(url));
    old.slice(0, Math.max(0, cards.size - KEPT)).forEach((url) => cards.delete(url));
  }

  // The ids of the suggestions whose cards are here, and must be told of what a decision changes.
  const ahead = () => list.following(list.opened(), AHEAD).map((row) => row.dataset.row);

  function forget(id) {
    for (const url of cards.keys()) {
      if (!id || url.includes(`/${id}/`)) {
        cards.delete(url);
      }
    }
  }

  // Showing

  // What HTMX and the page's other scripts add to a card is not seen, so it comes after the paint.
  function put({ content, title }) {
    const open = document.getElementById("open");
    open.inert = false;
    open.replaceChildren(content.cloneNode(true));
    document.title = title || document.title;
    arrived();
    const shown = open.firstElementChild;
    afterPaint(function () {
      if (shown?.isConnected) {
        window.htmx.process(open);
        window.htmx.trigger(shown, "htmx:load", { elt: shown });
      }
    });
  }

  function afterPaint(act) {
    window.requestAnimationFrame(() => window.setTimeout(act));
  }

  // Resolves once the card of a row is shown; a card that was fetched ahead is shown right away.
  async function show(row, { push }) {
    const url = list.linkOf(row).href;
    if (!isAhead(url)) {
      document.getElementById("open").inert = true;
    }
    put(isAhead(url) ? cards.get(url) : await (cards.get(url) || fetchCard(url)));
    if (push) {
      window.history.pushState({ htmx: true }, "", url);
    } else {
      afterPaint(() => list.shownId() === row.dataset.row && window.history.replaceState(window.history.state, "", url));
    }
  }

  // Input that is not sent yet

  const isChoice = (input) => ["radio", "checkbox"].includes(input.type);

  // What was judged and typed on a card is there again when the card is.
  function remember(input) {
    const shown = list.shownId();
    if (shown && input.name && input.type !== "search") {
      const value = isChoice(input) && !input.checked ? "" : input.value;
      typed.set(shown, (typed.get(shown) || new Map()).set(input.name, value));
    }
  }

  function recall() {
    for (const [name, value] of typed.get(list.shownId()) || []) {
      for (const input of document.getElementsByName(name)) {
        isChoice(input) ? (input.checked = input.value === value) : (input.value = value);
      }
    }
  }

  // Whether the person has begun something on the card that another card in its place would destroy.
  function isTouched() {
    return Boolean(editing() || find("#open #apply, #open details[data-menu][open]") || typed.has(list.shownId()));
  }

  document.addEventListener("input", function (event) {
    if (event.target.form?.id === "decide") {
      remember(event.target);
    }
  });

  // A card that has just come: what is pressed within this time was meant for what was there before.

  let cameAt = -FRESH;
  let cameByUndo = false;
  const isFresh = () => performance.now() - cameAt < FRESH;

  function come(byUndo = false) {
    cameAt = performance.now();
    cameByUndo = byUndo;
    const open = document.getElementById("open");
    open.dataset.fresh = "";
    window.setTimeout(() => isFresh() || delete open.dataset.fresh, FRESH + 1);
  }

  // In the capture phase of the window, before anything else hears of the click. A menu that is open was opened on this
  // card; clicks of keys and scripts are at no spot.
  let spot = null;
  window.addEventListener(
    "click",
    function (event) {
      const here = event.detail > 0 ? event : null;
      const again = here && spot && Math.hypot(here.clientX - spot.x, here.clientY - spot.y) < NEAR;
      if (again && isFresh() && event.target.closest("#open button:not(.menu-panel *), #undo button, #toasts button")) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      spot = here && { x: here.clientX, y: here.clientY };
    },
    true,
  );

  // Focus the first fault or the first field of a form, or else the card's heading.
  function focusOpened() {
    window.scrollTo({ top: 0, behavior: "instant" });
    find("#open [data-heading]")?.focus({ preventScroll: true });
    for (const field of document.querySelectorAll('#open [aria-invalid="true"], #open #edit #id_name')) {
      field.focus();
      if (document.activeElement === field) {
        break;
      }
    }
  }

  function arrived() {
    recall();
    find("#queue:popover-open")?.hidePopover();
    list.mark();
    focusOpened();
    list.step();
    afterPaint(settle);
  }

  function settle() {
    list.fill();
    fetchAhead();
  }

  document.addEventListener("htmx:afterSettle", function (event) {
    const { target, requestConfig } = event.detail;
    window.reviewSelection.restore();
    if (requestConfig?.verb === "post") {
      forget();
    }
    if (target?.id === "open") {
      if (requestConfig?.verb === "get") {
        toasts.replaceChildren();
      }
      arrived();
      if (requestConfig?.verb === "post" && (list.shownId() || find("#open #apply")) && !editing()) {
        come(requestConfig.path.startsWith("/undo/"));
      }
    } else {
      recall();
      list.step();
      afterPaint(settle);
    }
  });

  window.reviewCard = {
    ...{ show, put, ready, forget, forgetTyped: (id) => typed.delete(id), ahead, isAhead, fetchAhead, fetchCard, settle },
    ...{ isTouched, editing, come, isFresh, cameByUndo: () => cameByUndo },
  };
  window.addEventListener("load", settle);
})();
