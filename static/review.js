// Shortcuts of the review queue, and its help. Every shortcut has a button or link as well.
(function () {
  "use strict";
  const review = document.getElementById("review");
  const help = document.getElementById("help");
  const list = window.reviewList;
  const card = window.reviewCard;
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

  function toggle(letter) {
    const menu = find(`#open details[data-menu="${letter}"]`);
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
    const menu = find("#open details[data-menu][open]");
    const inMenu = menu?.querySelector(`[data-digit="${key}"]`);
    const onCard = menu ? null : find(`#apply [data-digit="${key}"], #open [data-answers] [data-digit="${key}"]`);
    (inMenu || onCard)?.click();
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    c: () => card.isFresh() || press('#open [data-key="c"]'),
    e: () => press('#open [data-key="e"]'),
    r: () => toggle("r"),
    d: () => toggle("d"),
    m: () => toggle("m"),
    x: () => list.select(false),
    X: () => list.select(true),
    z: () => (card.isFresh() && card.cameByUndo()) || press("#undo button"),
    n: () => window.location.assign(review.dataset.newTrait),
    "/": () => find("#q").focus(),
    "?": () => showHelp(),
  };

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

  document.addEventListener("keydown", function (event) {
    const key = window.keyOf(event);
    if (review.dataset.keys !== "on" || !key || event.defaultPrevented || help.open || typing(event.target)) {
      return;
    }
    const isDigit = /^[1-9]$/.test(key) && Boolean(find(`[data-digit="${key}"]`));
    const known = Object.hasOwn(KEYS, key) || isDigit;
    const menu = find("#open details[data-menu][open]");
    // An open menu or form comes first.
    if ((menu && key !== menu.dataset.menu && !isDigit) || (card.editing() && key !== "?")) {
      return;
    }
    // A held key must not run through the queue.
    if (!known || (event.repeat && !"jk".includes(key)) || busy()) {
      return;
    }
    event.preventDefault();
    KEYS[key] ? KEYS[key]() : digit(key);
  });

  // In the capture phase, before Escape closes anything: it leaves the form only if nothing is open over it.
  document.addEventListener(
    "keydown",
    function (event) {
      const over = help.open || find("details.menu[open], #queue:popover-open");
      if (event.key === "Escape" && !event.isComposing && !over && !busy()) {
        press("#open #edit [data-back]");
      }
    },
    true,
  );

  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.matches("#decide input, #apply input")) {
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

  // Opening the menu of traits to merge into focuses its search.
  document.addEventListener(
    "toggle",
    function (event) {
      if (event.target.matches?.('details[data-menu="m"][open]')) {
        event.target.querySelector("input[type=search]").focus();
      }
    },
    true,
  );

  // Undo in a notice works without a reload, like the one in the page's head.
  document.addEventListener("submit", function (event) {
    const form = event.target.closest("#toasts form");
    if (form) {
      event.preventDefault();
      window.htmx.ajax("POST", form.action + window.location.search, { source: form, target: "#open", swap: "innerHTML settle:0ms" });
    }
  });
})();
