// Behaviour of every page: menus that close, notices that can be dismissed, and requests that get no answer.
(function () {
  "use strict";
  const toasts = document.getElementById("toasts");

  function reveal(root) {
    for (const element of root.querySelectorAll("[data-needs-script]")) {
      element.hidden = false;
    }
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!except || !menu.contains(except)) {
        menu.open = false;
      }
    }
  }

  // The focus goes to the next notice, or back to what the page is about.
  function dismiss(toast) {
    const hadFocus = toast.contains(document.activeElement);
    toast.remove();
    const next = document.querySelector("#toasts [data-close]") || document.querySelector("#open [data-heading]");
    if (hadFocus) {
      (next || document.getElementById("main")).focus({ preventScroll: true });
    }
  }

  reveal(document);
  document.addEventListener("htmx:load", (event) => reveal(event.detail.elt.parentElement || event.detail.elt));
  // A button that is replaced by its result loses the focus; the result gets it.
  // With data-focus-on only if the button had it: lists also grow while one scrolls.
  let held = false;
  document.addEventListener("htmx:beforeSwap", function (event) {
    const at = document.activeElement;
    held = at !== document.body && Boolean(event.detail.requestConfig?.elt?.contains(at));
  });
  document.addEventListener("htmx:load", function (event) {
    const { elt } = event.detail;
    if (document.activeElement !== document.body) {
      return;
    }
    if (elt.matches("[data-focus]")) {
      elt.focus();
    } else if (held && elt.matches("[data-focus-on]")) {
      (elt.hasAttribute("tabindex") ? elt : elt.querySelector("select, a")).focus();
    }
  });
  document.addEventListener("click", function (event) {
    const close = event.target.closest("[data-close]");
    if (close) {
      dismiss(close.closest("[data-toast]"));
    }
    closeMenus(event.target);
  });
  document.addEventListener("keydown", function (event) {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  function show(template) {
    const notice = document.getElementById(template).content.cloneNode(true);
    toasts.querySelector(`[data-notice="${template}"]`)?.remove();
    notice.firstElementChild.dataset.notice = template;
    reveal(notice);
    toasts.prepend(notice);
  }
  // Polls retry by themselves, so only requests that the person caused get a notice.
  function byHand(event) {
    const cause = event.detail.requestConfig?.triggeringEvent;
    return Boolean(cause && (cause.isTrusted || cause.type === "submit"));
  }
  // A notice says that what was typed is still there, or else that the decision was not saved.
  function showLost(notice, element, isPost) {
    const asked = new Event("ptfi:typed", { cancelable: true });
    const typed = !document.dispatchEvent(asked) || element?.matches("input, textarea, select");
    const other = `${notice}-${isPost ? "decision" : "page"}`;
    show(!typed && document.getElementById(other) ? other : notice);
  }
  const lost = (notice, { elt, requestConfig }) => showLost(notice, elt, requestConfig?.verb === "post");
  const offline = (event) => byHand(event) && lost("offline", event.detail);
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, offline);
  }
  document.addEventListener("ptfi:refused", function (event) {
    const { notice, form } = event.detail;
    showLost(notice, form, true);
  });
  document.addEventListener("htmx:responseError", function (event) {
    // 500 and 503 come from the application and explain themselves; other errors come from a proxy.
    if (event.detail.xhr.status > 500 && event.detail.xhr.status !== 503) {
      offline(event);
    }
  });
  // After the session has ended the answer is the sign-in page, which must not replace what was typed.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const answered = event.detail.xhr.responseURL;
    if (answered && new URL(answered).pathname.startsWith("/accounts/login")) {
      event.detail.shouldSwap = false;
      lost("signed-out", event.detail);
    }
  });
})();
