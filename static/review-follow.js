// What other tabs and devices decide: rows that are decided elsewhere leave the list, and those that are back come in.
(function () {
  "use strict";
  const list = window.reviewList;
  const card = window.reviewCard;
  const outbox = window.outbox;
  // Events come for this page's own decisions as well; it asks once it is quiet, or after the longest wait.
  const QUIET = 600;
  const LONGEST = 5000;
  let timer = 0;
  let first = 0;
  let since = null;

  const news = () => document.getElementById("review-news");

  function soon() {
    const now = performance.now();
    first ||= now;
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, Math.min(QUIET, Math.max(0, first + LONGEST - now)));
  }

  function ask() {
    if (outbox.records().some((record) => !record.waits) && performance.now() - first < LONGEST) {
      soon();
      return;
    }
    first = 0;
    if (news()) {
      window.htmx.trigger(news(), "follow");
    }
  }

  const ids = (text) => (text || "").split(" ").filter(Boolean);

  function apply(told) {
    since = told.dataset.until;
    const shown = list.shownId();
    const row = list.rowOf(shown);
    const next = row && list.following(row, 1)[0];
    const gone = ids(told.dataset.gone).filter(list.rowOf);
    gone.forEach(list.take);
    if (gone.length > 0) {
      card.forget();
    }
    if (row && gone.includes(shown) && !card.isTouched()) {
      window.reviewDecide.goOn(next);
    }
    if ("all" in told.dataset || ids(told.dataset.here).some((id) => !list.rowOf(id))) {
      reload();
    } else {
      card.settle();
    }
  }

  // The list in its order, with what came back.
  function reload() {
    const path = document.getElementById("review").dataset.path;
    const url = path + window.location.search;
    window.htmx.ajax("GET", url, { target: "#queue", select: "#queue", swap: "outerHTML settle:0ms" }).then(list.mark);
  }

  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.elt === news()) {
      event.detail.parameters.since = since ?? news().dataset.since;
    }
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    const told = event.detail.target === news() && news()?.querySelector("[data-until]");
    if (told) {
      apply(told);
      told.remove();
    }
  });
  for (const name of ["projected", "suggested"]) {
    document.body.addEventListener(name, soon);
  }
})();
