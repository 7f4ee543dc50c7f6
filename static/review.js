// Shortcuts of the review queue, and its help. Every shortcut has a button or link as well.
(function () {
  "use strict";
  const review = document.getElementById("review");
  const help = document.getElementById("help");
  const list = window.reviewList;
  const card = window.reviewCard;
  const selection = window.reviewSelection;
  const find = (selector) => document.querySelector(selector);

  // Moving

  function move(step) {
    const row = list.opened();
    const next = step > 0 ? list.following(row, 1)[0] : row && list.rowBefore(row);
    if (next && card.isAhead(list.linkOf(next).href) && !card.editing()) {
      document.getElementById("toasts").replaceChildren();
      card.show(next, { push: true });
    } else if (next) {
      list.linkOf(next).click();
    } else if (step > 0) {
      find("#more a")?.click();
    }
  }

  // Shortcuts

  function press(selector) {
    find(selector)?.click();
  }

  // The end of a sitting has these buttons too.
  const pressNearest = (selector) => press(find(`#open ${selector}`) ? `#open ${selector}` : selector);

  const openMenu = () => find("#open details[data-menu][open]");

  function toggle(name) {
    const menu = find(`#open details[data-menu="${name}"]`);
    for (const other of document.querySelectorAll("#open details[data-menu][open]")) {
      other.open = other === menu && other.open;
    }
    if (!menu) {
      return;
    }
    menu.open = !menu.open;
    const first = menu.open ? menu.querySelector("input[type=search], .menu-panel button") : menu.querySelector("summary");
    first.focus();
  }

  function digit(key) {
    const menu = openMenu();
    const inMenu = menu?.querySelector(`[data-digit="${key}"]`);
    const onCard = menu ? null : find(`#apply [data-digit="${key}"], #open [data-answers] [data-digit="${key}"]`);
    if (inMenu) {
      inMenu.click();
    } else if (onCard && !window.reviewJudge.isJudging()) {
      onCard.click();
    } else {
      window.reviewJudge.choose(Number(key));
    }
  }

  const isDigit = (key) => /^[0-9]$/.test(key) && Boolean(find(`[data-digit="${key}"]`) || window.reviewJudge.isJudging());

  // For one card, or for all that are selected.
  const decides = (action, one) => () => (selection.isPreviewed() || selection.isAny() ? selection.decide(action) : one());

  // In an open menu, the note that goes with the decision; otherwise one on the decision that was just made.
  function note() {
    const field = openMenu()?.querySelector("textarea") || find("#apply textarea");
    field ? field.focus() : window.reviewUndo.note();
  }

  const ACTS = {
    next: () => move(1),
    previous: () => move(-1),
    confirm: decides("confirm", () => card.isFresh() || press('#open [data-act="confirm"]')),
    edit: () => press('#open [data-act="edit"]'),
    reject: decides("reject", () => toggle("reject")),
    snooze: decides("snooze", () => toggle("snooze")),
    merge: () => toggle("merge"),
    note,
    judge: () => window.reviewJudge.step(1),
    judge_before: () => window.reviewJudge.step(-1),
    select: () => selection.select(false),
    select_range: () => selection.select(true),
    select_all: () => selection.selectAll(),
    undo: () => (card.isFresh() && card.cameByUndo()) || window.reviewUndo.undo(),
    redo: () => card.isFresh() || window.reviewUndo.redo(),
    sitting: () => pressNearest("[data-sitting-start]"),
    enough: () => pressNearest("[data-sitting-enough]"),
    add: () => window.location.assign(review.dataset.newTrait),
    search: () => find("#q").focus(),
    help: () => showHelp(),
  };
  const HELD = ["next", "previous", "judge", "judge_before"];
  const MAP = JSON.parse(review.dataset.map);

  function showHelp() {
    help.showModal();
    find("#help-title").focus();
  }

  function busy() {
    return Boolean(find("#workspace.htmx-request, #workspace .htmx-request:not(#more *), #undo.htmx-request"));
  }

  function typing(element) {
    const quiet = ["checkbox", "radio", "button", "submit"];
    const input = element.closest("input, textarea, select, [contenteditable]");
    return Boolean(input) && !(input.matches("input") && quiet.includes(input.type));
  }

  // An open menu or form comes first.
  function isTaken(key, action) {
    const menu = openMenu();
    const ofMenu = action === menu?.dataset.menu || (action === "note" && menu?.querySelector("textarea")) || isDigit(key);
    return (menu && !ofMenu) || (card.editing() && action !== "help");
  }

  document.addEventListener("keydown", function (event) {
    const key = window.keyOf(event);
    const off = review.dataset.keys !== "on" || find("dialog[open]");
    if (off || !key || event.defaultPrevented || typing(event.target)) {
      return;
    }
    const action = Object.hasOwn(MAP, key) ? MAP[key] : "";
    // A held key must not run through the queue.
    if (!(action || isDigit(key)) || isTaken(key, action) || (event.repeat && !HELD.includes(action)) || busy()) {
      return;
    }
    event.preventDefault();
    action ? ACTS[action]() : digit(key);
  });

  // Enter makes the decision that is previewed, unless it presses what has the focus.
  document.addEventListener("keydown", function (event) {
    const own = event.target.closest("a, button, input, textarea, select, summary, dialog");
    const plain = window.keyOf(event) === "Enter" && !event.repeat && !event.shiftKey;
    if (plain && !own && !event.defaultPrevented && selection.isPreviewed() && !busy()) {
      event.preventDefault();
      selection.decide();
    }
  });

  // Escape leaves what is nearest: a text, the form, the preview, the selection.
  function escape(target) {
    if (find("#open #edit")) {
      press("#open #edit [data-back]");
    } else if (selection.isPreviewed() && typing(target)) {
      find("#open [data-heading]").focus();
    } else if (selection.isPreviewed()) {
      selection.leave();
    } else if (window.reviewJudge.isJudging()) {
      window.reviewJudge.end();
    } else if (selection.isAny() && !typing(target)) {
      selection.clear();
    }
  }

  // In the capture phase, before Escape closes anything: it leaves only if nothing is open over it.
  document.addEventListener(
    "keydown",
    function (event) {
      const over = find("dialog[open], details.menu[open], #queue:popover-open");
      if (event.key === "Escape" && !event.isComposing && !over && !busy()) {
        escape(event.target);
      }
    },
    true,
  );

  // One rule for all forms here: Enter in a field sends nothing, Ctrl+Enter does (forms.js).
  document.addEventListener("keydown", function (event) {
    const plain = event.key === "Enter" && !event.ctrlKey && !event.metaKey;
    if (plain && event.target.matches("#decide input, #apply input, #edit input")) {
      event.preventDefault();
    }
  });

  document.addEventListener("click", function (event) {
    const beside = !(event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest("[data-step]");
    if (beside) {
      event.preventDefault();
      move(Number(beside.dataset.step));
    } else if (event.target.closest("[data-help]")) {
      showHelp();
    }
  });

  // In the menu of traits to merge into, arrows go through the list; Enter in the search goes to its first one.
  document.addEventListener("keydown", function (event) {
    const menu = event.target.closest('details[data-menu="merge"][open]');
    const by = { ArrowDown: 1, ArrowUp: -1, Enter: event.target.matches("#merge-q") ? 1 : 0 }[event.key];
    if (!menu || !by || event.isComposing) {
      return;
    }
    const stops = [find("#merge-q"), ...menu.querySelectorAll(".choices button")];
    const next = stops[stops.indexOf(event.target) + by];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });

  // Opening the menu of traits to merge into focuses its search.
  document.addEventListener(
    "toggle",
    function (event) {
      if (event.target.matches?.('details[data-menu="merge"][open]')) {
        event.target.querySelector("input[type=search]").focus();
      }
    },
    true,
  );

  // Every shortcut is found by its name, too (palette.js).
  window.reviewActs = ACTS;
})();
