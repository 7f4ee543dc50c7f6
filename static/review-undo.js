// Undo and redo of this visit's decisions, and notes on rejections. Redo is the same decision again, with the words that
// were written; it is known until the page is left.
(function () {
  "use strict";
  const review = document.getElementById("review");
  const list = window.reviewList;
  const card = window.reviewCard;
  const outbox = window.outbox;
  const find = (selector) => document.querySelector(selector);
  const dialog = document.getElementById("note");
  // Address of the undo → the decision that it reverses.
  const made = new Map();
  let undone = [];
  // The suggestion that was rejected last, if nothing else was decided since.
  let rejected = null;

  // The buttons

  // What the server offers to undo; a decision that it has not answered yet comes before that.
  let offer = { off: true, title: "" };

  function readOffer() {
    const button = find("#undo button");
    if (!("ours" in button.dataset)) {
      offer = { off: button.disabled, title: button.title };
    }
  }

  function labelFor({ kind, name }) {
    return JSON.parse(find("#undo").dataset.labels)[kind]?.replace("{name}", name || "") || "";
  }

  function refresh() {
    const newest = outbox.records().at(-1);
    const button = find("#undo button");
    button.dataset.ours = "";
    button.disabled = newest ? false : offer.off;
    button.title = newest ? labelFor(newest) : offer.title;
    offerRedo();
  }

  function offerRedo() {
    const button = document.getElementById("redo");
    const next = undone.at(-1);
    button.hidden = !next;
    button.title = next ? button.dataset.label.replace("{name}", next.name || "") : "";
  }

  // What was decided

  document.addEventListener("review:decided", function (event) {
    const record = event.detail;
    if (!record.again) {
      undone = [];
    }
    rejected = record.kind === "reject" ? { id: record.id, name: record.name } : null;
    refresh();
  });

  document.addEventListener("review:answered", function (event) {
    const { record, said } = event.detail;
    if (said) {
      made.set(said.dataset.undo, record);
      find("#undo").action = said.dataset.undo + window.location.search;
      offer = { off: false, title: said.dataset.undoLabel };
    }
    refresh();
  });

  // The page's own form may be sent again with the same words; each time it is another one.
  let number = 0;
  function unique(fields) {
    number += 1;
    fields.set("made", `${Date.now()}.${number}`);
    return fields;
  }

  // A decision about many is sent by HTMX; its answer names what undoes it.
  let many = null;
  document.addEventListener("htmx:beforeRequest", function (event) {
    const { requestConfig, elt } = event.detail;
    const sent = requestConfig.formData;
    if (elt.id === "apply" && sent.has("apply") && !sent.get("batch")) {
      many = { kind: "many", url: requestConfig.path, body: new URLSearchParams([...sent]).toString() };
    }
  });

  function answeredMany() {
    const form = find("#undo");
    const ids = new URLSearchParams(many.body);
    made.set(new URL(form.action).pathname, { ...many, name: find("#toasts .notice-text")?.textContent.trim() });
    rejected = ids.get("decision") === "reject" ? { id: ids.get("ids").split(" ")[0], name: "" } : null;
    undone = many.again ? undone : [];
    many = null;
  }

  document.addEventListener("htmx:afterSettle", function (event) {
    const { requestConfig, target } = event.detail;
    if (target?.id === "open" && many && !find("#apply")) {
      // Whoever opened another card instead has left it half way.
      pathOf(requestConfig?.path) === pathOf(many.url) ? answeredMany() : (many = null);
    } else if (target?.id === "open" && requestConfig?.path.startsWith("/undo/")) {
      remember(requestConfig.path.split("?")[0]);
    }
    readOffer();
    refresh();
  });

  const pathOf = (address) => (address || "").split("?")[0];

  // Undo

  function remember(path) {
    const record = made.get(path);
    made.delete(path);
    rejected = null;
    if (record) {
      undone.push(record);
    }
  }

  function undo() {
    const button = find("#undo button");
    if (button.disabled) {
      const toasts = document.getElementById("toasts");
      toasts.replaceChildren(find("#nothing-to-undo").content.cloneNode(true));
      window.htmx.trigger(toasts, "htmx:load", { elt: toasts });
    } else {
      button.click();
    }
  }

  function send(form, action = form.getAttribute("action")) {
    window.htmx.ajax("POST", action + (action.includes("?") ? "" : window.location.search), {
      source: form,
      target: "#open",
      swap: "innerHTML settle:0ms",
    });
  }

  // Undoes the decision on its way once it is answered; nothing else, should it be refused.
  function undoOnceAnswered(key) {
    function ended(event) {
      const { record, said } = event.detail;
      if (record.key === key) {
        document.removeEventListener("review:answered", ended);
        document.removeEventListener("outbox:refused", ended);
        said && send(find("#undo"), said.dataset.undo);
      }
    }
    document.addEventListener("review:answered", ended);
    document.addEventListener("outbox:refused", ended);
  }

  // What was not sent yet is taken back; what is on its way is undone once it is answered.
  window.addEventListener(
    "submit",
    function (event) {
      const form = event.target.closest("#undo, #toasts form");
      if (!form) {
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      const waits = form.id === "undo" && outbox.records().length > 0;
      const record = waits ? window.reviewDecide.takeBack() : null;
      if (record) {
        undone.push(record);
        rejected = null;
        refresh();
      } else if (waits) {
        undoOnceAnswered(outbox.records().at(-1).key);
      } else {
        send(form);
      }
    },
    true,
  );

  // Redo

  async function open(id) {
    if (list.shownId() === id && find("#open #decide")) {
      return;
    }
    const row = list.rowOf(id);
    if (row) {
      await card.show(row, { push: false });
    } else {
      await window.htmx.ajax("GET", `${review.dataset.path}${id}/${window.location.search}`, { target: "#open", swap: "innerHTML settle:0ms" });
    }
  }

  // A form has one effect, so a decision that is made again needs the key of a new form, and the version that is shown.
  function renewed(body, form) {
    const fields = new URLSearchParams(body);
    for (const name of ["form_key", "version"]) {
      const field = form?.elements.namedItem(name);
      field && fields.set(name, field.value);
    }
    return unique(fields);
  }

  async function redo() {
    const record = undone.pop();
    offerRedo();
    if (!record) {
      return;
    }
    if (record.kind === "many") {
      const values = new FormData();
      for (const [name, value] of renewed(record.body, find("#open form, #bulk"))) {
        values.append(name, value);
      }
      many = { ...record, again: true };
      window.htmx.ajax("POST", record.url, { source: "#workspace", target: "#open", swap: "innerHTML settle:0ms", values });
      return;
    }
    if (record.kind !== "note") {
      await open(record.id);
    }
    const { key, ...again } = record;
    const body = renewed(record.body, find("#open #decide") || find("#bulk")).toString();
    if (record.kind === "note") {
      addNote({ ...again, body });
    } else {
      window.reviewDecide.commit({ ...again, body, again: true });
    }
  }

  // Notes

  function note() {
    if (rejected) {
      if (dialog.dataset.id !== rejected.id) {
        dialog.querySelector("form").reason.value = "";
      }
      dialog.dataset.id = rejected.id;
      find("#note-about").textContent = rejected.name;
      dialog.showModal();
    }
  }

  function addNote(record) {
    outbox.add(record);
    refresh();
  }

  dialog.addEventListener("submit", function (event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const form = event.target;
    if (form.reason.value.trim()) {
      const body = unique(new FormData(form));
      body.delete("csrfmiddlewaretoken");
      const url = `${review.dataset.path}${dialog.dataset.id}/note/${window.location.search}`;
      const name = find("#note-about").textContent;
      addNote({ id: dialog.dataset.id, kind: "note", name, from: "", url, body: new URLSearchParams(body).toString(), typed: true });
      form.reason.value = "";
      undone = [];
    }
    dialog.close();
  });

  document.addEventListener("click", function (event) {
    const link = event.target.closest("#toasts a[data-note]");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (link && plain) {
      event.preventDefault();
      const id = link.pathname.split("/").at(-3);
      rejected = rejected?.id === id ? rejected : { id, name: "" };
      note();
    } else if (event.target.closest("[data-close-note]")) {
      dialog.close();
    } else if (event.target.closest("#redo")) {
      redo();
    }
  });
  dialog.addEventListener("close", () => find("#open [data-heading]")?.focus({ preventScroll: true }));

  readOffer();
  refresh();
  window.reviewUndo = { undo, redo, note };
})();
