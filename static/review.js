// Shortcuts, focus and selection in the review queue. Every shortcut has a button or link as well.
(function () {
  "use strict";
  const review = document.getElementById("review");
  const help = document.getElementById("help");
  const find = (selector) => document.querySelector(selector);
  const toasts = document.getElementById("toasts");
  let anchor = null;
  let limited = false;
  let kept = new Set();
  const typed = new Map();

  // The list

  const rows = () => [...document.querySelectorAll("#rows [data-row]")];
  const opened = () => {
    const link = find("#rows a[aria-current]");
    return link ? link.closest("[data-row]") : null;
  };
  const boxes = () => [...document.querySelectorAll('input[name="candidate_ids"][type="checkbox"]')];

  function move(step) {
    const all = rows();
    const at = all.indexOf(opened());
    const next = at < 0 ? all[0] : all[at + step];
    if (next) {
      next.querySelector("a").click();
    } else if (step > 0) {
      find("#more a")?.click();
    }
  }

  const shownId = () => find("#open [data-candidate]")?.dataset.candidate;

  function mark() {
    const shown = shownId();
    for (const row of shown ? rows() : []) {
      const link = row.querySelector("a");
      const here = row.dataset.row === shown;
      here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
      if (here) {
        row.scrollIntoView({ block: "nearest" });
      }
    }
  }

  // The card's links to its neighbours follow the list.
  function step() {
    const all = rows();
    const at = all.indexOf(opened());
    for (const link of document.querySelectorAll("#open [data-step]")) {
      const forward = link.dataset.step === "1";
      const row = at < 0 ? forward && all[0] : all[at + Number(link.dataset.step)];
      const there = row ? row.querySelector("a") : forward && find("#more a");
      link.hidden = !there;
      if (there) {
        link.href = there.href;
      }
    }
  }

  // Input that is not sent yet

  const isChoice = (input) => ["radio", "checkbox"].includes(input.type);

  // What was judged and typed on a card is there again when the card is.
  function remember(input) {
    const shown = shownId();
    if (shown && input.name && input.type !== "search") {
      typed.set(shown, (typed.get(shown) || new Map()).set(input.name, input.value));
    }
  }

  function recall() {
    for (const [name, value] of typed.get(shownId()) || []) {
      for (const input of document.getElementsByName(name)) {
        isChoice(input) ? (input.checked = input.value === value) : (input.value = value);
      }
    }
  }

  const editing = () => find("#open #edit");

  // A card that has just come

  // The second of two quick clicks or keys was meant for what was there before.
  const FRESH = 400;
  const NEAR = 30;
  let cameAt = -FRESH;
  let cameByUndo = false;

  const isFresh = () => performance.now() - cameAt < FRESH;

  function come(path) {
    cameAt = performance.now();
    cameByUndo = path.startsWith("/undo/");
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

  // The selection

  function chosen() {
    return new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  }

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

  function check(values, on) {
    limited = false;
    for (const box of boxes()) {
      if (values.has(box.value)) {
        box.checked = on;
      }
    }
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

  function selectAlike() {
    const values = [...document.querySelectorAll("[data-duplicate]")].map((box) => box.value);
    const row = opened();
    check(new Set(row ? [...values, row.dataset.row] : values), true);
    find("#bulk button")?.focus();
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
    const inMenu = find(`#open details[data-menu][open] [data-digit="${key}"]`);
    const inPreview = find(`#apply [data-digit="${key}"]`);
    (inMenu || inPreview)?.click();
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    c: () => isFresh() || press('#open [data-key="c"]'),
    e: () => press('#open [data-key="e"]'),
    r: () => toggle("r"),
    d: () => toggle("d"),
    m: () => toggle("m"),
    x: () => select(false),
    X: () => select(true),
    z: () => (isFresh() && cameByUndo) || press("#undo button"),
    n: () => window.location.assign(review.dataset.newTrait),
    "/": () => find("#q").focus(),
    "?": () => showHelp(),
  };

  function showHelp() {
    help.showModal();
    find("#help-title").focus();
  }

  function busy() {
    return Boolean(find("#workspace.htmx-request, #workspace .htmx-request, #undo.htmx-request"));
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
    if ((menu && key !== menu.dataset.menu && !isDigit) || (editing() && key !== "?")) {
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
    } else if (event.target.closest("[data-select-all]")) {
      event.preventDefault();
      selectAll();
    } else if (event.target.closest("[data-select-duplicates]")) {
      selectAlike();
    }
  });

  document.addEventListener("change", function (event) {
    if (event.target.matches('input[name="candidate_ids"]')) {
      check(new Set([event.target.value]), event.target.checked);
      anchor = event.target.value;
    }
  });

  document.addEventListener("input", function (event) {
    if (event.target.form?.id === "decide") {
      remember(event.target);
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

  // After requests by HTMX

  document.addEventListener("htmx:configRequest", function (event) {
    const { verb, parameters, elt } = event.detail;
    if (verb === "post" || elt.closest("#more")) {
      parameters.shown = rows().length;
    }
  });

  document.addEventListener("htmx:beforeSwap", function () {
    kept = chosen();
  });

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

  document.addEventListener("htmx:afterSettle", function (event) {
    const { target, requestConfig } = event.detail;
    check(kept, true);
    recall();
    if (target?.id === "open") {
      find("#queue:popover-open")?.hidePopover();
      if (requestConfig?.verb === "get") {
        toasts.replaceChildren();
      }
      mark();
      focusOpened();
      if (requestConfig?.verb === "post" && shownId() && !editing()) {
        come(requestConfig.path);
      }
    }
    step();
  });

  count();
  step();
})();
