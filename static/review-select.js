// The selection in the list of the review queue: single rows, ranges, all that are shown, or all that match.
(function () {
  "use strict";
  const list = window.reviewList;
  const find = (selector) => document.querySelector(selector);
  let anchor = null;

  const boxes = () => [...document.querySelectorAll('input[name="candidate_ids"][type="checkbox"]')];
  const chosen = () => new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const output = () => document.getElementById("selected");

  // All that match, also those that are not in the list: the server knows which.
  const wholeField = () => document.getElementById("select-matching");
  const isWhole = () => wholeField()?.disabled === false;
  const matching = () => Number(output()?.dataset.matching || 0);

  function setWhole(on) {
    if (wholeField()) {
      wholeField().disabled = !on;
    }
  }

  function words(number) {
    const { label, all } = output().dataset;
    return isWhole() ? `${label} ${all}` : number ? `${label} ${number}` : "";
  }

  function count() {
    const bar = document.getElementById("bulk");
    if (!bar) {
      return;
    }
    // Without scripts, a single box says nothing once all that match are selected.
    boxes().forEach((box) => (box.disabled = false));
    const number = chosen().size;
    bar.dataset.counts = "";
    bar.toggleAttribute("data-some", number > 0);
    document.getElementById("review").toggleAttribute("data-selecting", number > 0);
    offerWhole(number);
    if (output().textContent !== words(number)) {
      output().textContent = words(number);
    }
  }

  // Once all that are shown are selected, the offer to select the rest takes the place of the link.
  function offerWhole(number) {
    const offer = find("[data-select-matching]");
    const isAll = number > 0 && number >= list.rows().length && matching() > number && !isWhole();
    if (offer) {
      offer.hidden = !isAll;
    }
    find("[data-select-all]").hidden = Boolean(offer) && isAll;
  }

  function check(values, on) {
    setWhole(false);
    for (const box of values.size > 0 ? boxes() : []) {
      if (values.has(box.value)) {
        box.checked = on;
      }
    }
    count();
  }

  const clear = () => check(new Set(boxes().map((box) => box.value)), false);

  // All shown; again: all that match; again: none.
  function selectAll() {
    const all = new Set(list.rows().map((row) => row.dataset.row));
    const isDone = [...all].every((value) => chosen().has(value));
    if (isDone && !isWhole() && matching() > all.size) {
      selectMatching();
    } else {
      check(all, !isDone);
    }
  }

  function selectMatching() {
    check(new Set(list.rows().map((row) => row.dataset.row)), true);
    setWhole(true);
    count();
  }

  function select(range) {
    const all = list.rows();
    const here = all.indexOf(list.opened());
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
    const link = event.target.closest("[data-select-all], [data-select-matching]");
    if (link) {
      event.preventDefault();
      link.matches("[data-select-all]") ? selectAll() : selectMatching();
    }
  });

  // What was decided in the meantime does not match any more.
  document.addEventListener("review:rows", function (event) {
    if (output()) {
      output().dataset.matching = String(matching() + event.detail.by);
    }
    count();
  });

  // After requests by HTMX, which may replace the list

  let kept = new Set();
  let keptWhole = "";
  const matchingWhat = () => document.getElementById("bulk")?.getAttribute("action") || "";
  document.addEventListener("htmx:beforeSwap", function (event) {
    const { requestConfig, xhr } = event.detail;
    // What was decided is not selected any more, nor is what is left of it.
    const isDecided = requestConfig?.elt.id === "apply" && xhr.status < 400;
    kept = isDecided ? new Set() : chosen();
    keptWhole = !isDecided && isWhole() ? matchingWhat() : "";
  });
  // With other filters, other suggestions would match.
  const isKeptWhole = () => keptWhole !== "" && keptWhole === matchingWhat() && Boolean(wholeField());
  const restore = () => (isKeptWhole() ? selectMatching() : check(kept, true));

  // The preview of one decision about the selection

  const shown = () => find("#open #apply");
  const isAny = () => chosen().size > 0;

  function preview(decision) {
    find(`#bulk button[value="${decision}"]`)?.click();
  }

  // Its own key, or Enter, makes the decision that is previewed; another key previews another one.
  function decide(decision) {
    const button = shown() && find("#apply [data-apply]");
    if (!shown() || (decision && decision !== find("#apply").dataset.decision)) {
      preview(decision);
    } else if (button && !window.reviewCard.isFresh()) {
      button.click();
    }
  }

  // Back to the card that was open, with the selection as it is.
  function leave() {
    const row = list.opened() || list.rows()[0];
    row ? window.reviewCard.show(row, { push: false }).catch(() => window.location.reload()) : window.location.reload();
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest("[data-leave-preview]");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      leave();
    }
  });

  window.reviewSelection = { select, selectAll, clear, restore, isAny, isPreviewed: () => Boolean(shown()), decide, leave };
  count();
})();
