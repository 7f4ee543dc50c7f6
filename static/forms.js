// What every form of every page does: nothing that was typed is lost. Before a form leaves the page, the server is asked
// whether it is there and whose session it is; a form is sent once; leaving with unsent changes asks for confirmation.
// The server has the same rules without a script (ptfi/web/submissions.py).
(function () {
  "use strict";
  const account = document.querySelector('meta[name="account"]');
  const tokens = document.querySelector('meta[name="csrf-token"]');
  const question = account?.dataset.leave;
  const toasts = document.getElementById("toasts");
  const RESTS = 10000;
  // Elements, which say by themselves when they are gone: what each form held when it was shown.
  const opened = new WeakMap();
  let sending = null;
  let allowed = null;

  // A field of the form may be named "method".
  const isPost = (form) => form.getAttribute("method")?.toLowerCase() === "post";

  // Changes that were not sent

  // The form's own fields and searches are nothing that would be lost.
  function written(form) {
    const own = ["csrfmiddlewaretoken", "form_key", ...[...form.querySelectorAll("[type=search]")].map((field) => field.name)];
    const fields = [...new FormData(form)].filter(([name]) => !own.includes(name));
    return JSON.stringify(fields.map(([name, value]) => [name, value instanceof File ? value.name : value]));
  }

  function open(root) {
    for (const form of root.querySelectorAll("form")) {
      if (isPost(form) && !opened.has(form)) {
        opened.set(form, written(form));
      }
    }
  }

  function changed(form) {
    const asks = isPost(form) && !("free" in form.dataset) && opened.has(form);
    return asks && ("changed" in form.dataset || written(form) !== opened.get(form));
  }

  const unsent = () => [...document.forms].filter((form) => form !== sending && form !== allowed && changed(form));

  window.addEventListener("beforeunload", function (event) {
    if (unsent().length > 0) {
      event.preventDefault();
    }
    allowed = null;
  });

  document.addEventListener("click", function (event) {
    const cancel = event.target.closest("[data-cancel]");
    allowed = cancel ? cancel.closest("form") : null;
  });

  // A form that sends itself keeps its changes; whatever else replaces it would lose them.
  document.addEventListener("htmx:confirm", function (event) {
    const { elt, target } = event.detail;
    const going = unsent().filter((form) => form !== elt && target?.contains(form) && !("remembered" in form.dataset));
    if (going.length > 0 && !window.confirm(question)) {
      event.preventDefault();
    } else if (going.length > 0) {
      allowed = going[0];
    }
  });

  // The session

  async function session() {
    const answer = await fetch(account.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    return answer.json();
  }

  // Signing in changes the token; without this, a page that was open before could send nothing any more.
  function renew({ token }) {
    tokens.content = token;
    for (const field of document.getElementsByName("csrfmiddlewaretoken")) {
      field.value = token;
    }
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  }

  // "" if the page may go on, or else the notice that says why not.
  async function refusal() {
    let now = null;
    try {
      now = await session();
    } catch {
      return "offline";
    }
    // The token of another account's session would let this page act on that account.
    if (!account.content || now.account === account.content) {
      renew(now);
      return "";
    }
    return now.account ? "someone-else" : "signed-out";
  }

  async function come() {
    const why = document.visibilityState === "visible" ? await refusal() : "offline";
    if (!why) {
      for (const told of document.querySelectorAll('[data-notice^="signed-out"], [data-notice="someone-else"]')) {
        told.remove();
      }
    }
  }

  const tell = (notice, form) => document.dispatchEvent(new CustomEvent("ptfi:refused", { detail: { notice, form } }));

  // Sending

  function rest(form) {
    sending = form;
    window.setTimeout(function () {
      if (sending === form) {
        sending = null;
      }
    }, RESTS);
  }

  async function send(form, button) {
    const why = await refusal();
    if (why) {
      sending = null;
      tell(why, form);
    } else if (form.isConnected) {
      form.dataset.asked = "";
      form.requestSubmit(button);
    }
  }

  // Ctrl+Enter sends a form from wherever one types in it, by the button that stands for it there.
  function buttonFor(field, form) {
    const panel = field.closest(".menu-panel");
    const shown = [...form.elements].filter((each) => each.type === "submit" && !each.disabled && each.offsetParent);
    const marked = (panel || form).querySelector("[data-send]");
    return marked || (panel ? null : shown.find((each) => each.matches(".btn-primary")) || shown[0]);
  }

  document.addEventListener("keydown", function (event) {
    const form = event.target.form;
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat && !event.isComposing;
    const button = sends && form && isPost(form) && buttonFor(event.target, form);
    if (button) {
      event.preventDefault();
      form.requestSubmit(button);
    }
  });

  // After HTMX and the page's own scripts, which send some forms themselves.
  window.addEventListener("submit", function (event) {
    const form = event.target;
    if (event.defaultPrevented || (event.submitter?.formMethod || form.method) !== "post") {
      return;
    }
    if ("asked" in form.dataset) {
      delete form.dataset.asked;
    } else if (sending === form) {
      event.preventDefault();
    } else {
      // Pages of staff have no notices; the server keeps what was typed there.
      const asks = account && toasts && changed(form);
      rest(form);
      if (asks) {
        event.preventDefault();
        send(form, event.submitter);
      }
    }
  });

  window.addEventListener("pageshow", function () {
    sending = null;
  });

  // A form that HTMX sent was refused for its token: once more with a new one.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const { xhr, requestConfig, target } = event.detail;
    if (xhr.getResponseHeader("X-Refused") !== "csrf" || requestConfig.headers["X-Again"]) {
      return;
    }
    event.detail.shouldSwap = false;
    event.detail.isError = false;
    again(requestConfig, target);
  });

  async function again({ verb, path, elt, formData, target }) {
    const why = await refusal();
    if (why) {
      tell(why, elt);
      return;
    }
    formData.delete("csrfmiddlewaretoken");
    window.htmx.ajax(verb, path, { source: elt, target, values: formData, headers: { "X-Again": "1" } });
  }

  window.askSession = refusal;
  // Whether anything was typed that would be lost, for notices.
  document.addEventListener("ptfi:typed", (event) => unsent().length > 0 && event.preventDefault());
  open(document);
  document.addEventListener("htmx:load", (event) => open(event.detail.elt.parentElement || event.detail.elt));
  if (account) {
    document.addEventListener("visibilitychange", come);
    window.addEventListener("focus", come);
  }
})();
