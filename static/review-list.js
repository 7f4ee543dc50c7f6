// The list of the review queue: its rows, and which one is open.
(function () {
  "use strict";
  const find = (selector) => document.querySelector(selector);
  const PLENTY = 8;

  // Rows

  const rows = () => [...document.querySelectorAll("#rows [data-row]")];
  const rowOf = (id) => find(`#rows [data-row="${id}"]`);
  const linkOf = (row) => row.querySelector("a");
  const shownId = () => find("#open [data-candidate]")?.dataset.candidate;

  function opened() {
    const link = find("#rows a[aria-current]");
    return link ? link.closest("[data-row]") : null;
  }

  function mark() {
    const shown = shownId();
    const before = opened();
    const row = shown && rowOf(shown);
    if (shown && before !== row) {
      before?.querySelector("a").removeAttribute("aria-current");
    }
    if (row) {
      linkOf(row).setAttribute("aria-current", "true");
      // The paint does not wait for it.
      window.requestAnimationFrame(() => window.setTimeout(() => row.scrollIntoView({ block: "nearest" })));
    }
  }

  const nextRow = (row) => (row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : null);
  const rowBefore = (row) => (row.previousElementSibling?.matches("[data-row]") ? row.previousElementSibling : null);

  // The rows that come after this one, or the first ones.
  function following(row, most) {
    const found = [];
    let next = row ? nextRow(row) : find("#rows [data-row]");
    while (next && found.length < most) {
      found.push(next);
      next = nextRow(next);
    }
    return found;
  }

  // The card's links to its neighbours follow the list.
  function step() {
    const row = opened();
    const beside = { "-1": row && rowBefore(row), 1: row ? nextRow(row) : find("#rows [data-row]") };
    for (const link of document.querySelectorAll("#open [data-step]")) {
      const there = beside[link.dataset.step] ? linkOf(beside[link.dataset.step]) : more(link);
      link.hidden = !there;
      if (there) {
        link.href = there.href;
      }
    }
  }

  const more = (link) => link.dataset.step === "1" && find("#more a");

  // More rows are there before the last one is reached. Beyond the most that a list holds, the link leads to a page.
  function fill() {
    const link = find("#more a[hx-get]");
    if (link && following(opened(), PLENTY).length < PLENTY) {
      link.click();
    }
  }

  const tell = (by) => document.dispatchEvent(new CustomEvent("review:rows", { detail: { by } }));

  // A decided row leaves the list. Returns what puts it back.
  function take(id) {
    const row = rowOf(id);
    if (!row) {
      return () => undefined;
    }
    const next = row.nextElementSibling;
    linkOf(row).removeAttribute("aria-current");
    row.remove();
    tell(-1);
    return function () {
      const list = document.getElementById("rows");
      if (list && !rowOf(id)) {
        list.insertBefore(row, next?.parentElement === list ? next : list.firstElementChild);
        tell(1);
      }
    };
  }

  // The server sends as many rows as there are.
  document.addEventListener("htmx:configRequest", function (event) {
    const { verb, parameters, elt } = event.detail;
    if (verb === "post" || elt.closest("#more")) {
      parameters.shown = rows().length;
    }
  });

  window.reviewList = { rows, rowOf, linkOf, opened, shownId, mark, step, following, rowBefore, fill, take };
  step();
})();
