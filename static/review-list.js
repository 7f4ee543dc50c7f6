// The list of the review queue: its rows, which one is open, and which are selected.
(function () {
  "use strict";
  const find = (selector) => document.querySelector(selector);
  const PLENTY = 8;
  let anchor = null;
  let limited = false;

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

  // A decided row leaves the list. Returns what puts it back.
  function take(id) {
    const row = rowOf(id);
    if (!row) {
      return () => undefined;
    }
    const next = row.nextElementSibling;
    linkOf(row).removeAttribute("aria-current");
    row.remove();
    count();
    return function () {
      const list = document.getElementById("rows");
      if (list && !rowOf(id)) {
        list.insertBefore(row, next?.parentElement === list ? next : list.firstElementChild);
        count();
      }
    };
  }

  // The selection

  const boxes = () => [...document.querySelectorAll('input[name="candidate_ids"][type="checkbox"]')];
  const chosen = () => new Set(boxes().filter((box) => box.checked).map((box) => box.value));

  function count() {
    const bar = document.getElementById("bulk");
    if (!bar) {
      return;
    }
    const number = chosen().size;
    bar.dataset.counts = "";
    bar.toggleAttribute("data-some", number > 0);
    const output = document.getElementById("selected");
    const some = limited ? output.dataset.limited : `${output.dataset.label} ${number}`;
    const text = number ? some : "";
    if (output.textContent !== text) {
      output.textContent = text;
    }
  }

  function check(values, on) {
    limited = false;
    for (const box of values.size > 0 ? boxes() : []) {
      if (values.has(box.value)) {
        box.checked = on;
      }
    }
    count();
  }

  // As many as one decision takes, from the top.
  function selectAll() {
    const all = rows().map((row) => row.dataset.row);
    const most = all.slice(0, Number(document.getElementById("selected").dataset.most));
    const on = !most.every((value) => chosen().has(value));
    check(new Set(all), false);
    check(new Set(most), on);
    limited = on && most.length < all.length;
    count();
  }

  function select(range) {
    const all = rows();
    const here = all.indexOf(opened());
    const box = all[here]?.querySelector('input[type="checkbox"]');
    if (!box) {
      return;
    }
    const from = range ? all.findIndex((row) => row.dataset.row === anchor) : -1;
    if (from < 0) {
      check(new Set([box.value]), !box.checked);
    } else {
      const slice = all.slice(Math.min(from, here), Math.max(from, here) + 1);
      check(new Set(slice.map((row) => row.dataset.row)), true);
    }
    anchor = box.value;
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches('input[name="candidate_ids"]')) {
      check(new Set([event.target.value]), event.target.checked);
      anchor = event.target.value;
    }
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-select-all]")) {
      event.preventDefault();
      selectAll();
    }
  });

  // After requests by HTMX, which may replace the list

  let kept = new Set();
  document.addEventListener("htmx:beforeSwap", () => (kept = chosen()));
  document.addEventListener("htmx:configRequest", function (event) {
    const { verb, parameters, elt } = event.detail;
    if (verb === "post" || elt.closest("#more")) {
      parameters.shown = rows().length;
    }
  });
  const restore = () => check(kept, true);

  window.reviewList = { rows, rowOf, linkOf, opened, shownId, mark, step, following, rowBefore, fill, take, select, restore };
  count();
  step();
})();
