// Deciding: the next card is shown right away, and the decision travels behind it (outbox.js). What the server answers
// is put in where it belongs; what it refuses brings the card back.
(function () {
  "use strict";
  const list = window.reviewList;
  const card = window.reviewCard;
  const outbox = window.outbox;
  const find = (selector) => document.querySelector(selector);
  const toasts = document.getElementById("toasts");
  // Kind of decision → the tab that the suggestion goes to.
  const TABS = { confirm: "confirmed", edit: "confirmed", merge: "confirmed", reject: "rejected", snooze: "later" };
  // Key of a decision → what puts its row back.
  const taken = new Map();
  // Refused decisions whose cards wait until the person has finished the open one.
  const returned = [];
  let waiting = false;

  // Which form decides

  function kindOf(form, button) {
    if (!["decide", "edit"].includes(form.id) || button?.name === "open") {
      return "";
    }
    const path = new URL(button?.hasAttribute("formaction") ? button.formAction : form.action).pathname;
    const kind = path.split("/").at(-2);
    return kind === "merge" && button?.name !== "into" ? "" : TABS[kind] ? kind : "";
  }

  // Forms with an obvious fault are sent as any other form: the answer says what is missing, on the same card.
  function isIncomplete(form, button) {
    const fields = new FormData(form, button);
    const noDate = fields.get("until") === "date" && !fields.get("date");
    const noContexts = (fields.get("relation") || "").startsWith("both_true");
    return noDate || noContexts || (form.id === "edit" && !fields.get("name")?.trim());
  }

  window.addEventListener(
    "submit",
    function (event) {
      const { target: form, submitter } = event;
      const kind = form.closest?.("#review #open") ? kindOf(form, submitter) : "";
      if (!kind) {
        return;
      }
      // Opening a menu was a first act on this card; any other button may have been under the pointer by chance.
      const inMenu = submitter?.closest("details[data-menu]");
      const tooSoon = card.isFresh() && !inMenu && form.id === "decide";
      if (!tooSoon && isIncomplete(form, submitter)) {
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!tooSoon && !document.getElementById("open").inert) {
        decide(form, submitter, kind);
      }
    },
    true,
  );

  // Deciding

  function bodyOf(form, button) {
    const fields = new FormData(form, button);
    fields.delete("csrfmiddlewaretoken");
    for (const id of card.ahead()) {
      fields.append("ahead", id);
    }
    return new URLSearchParams(fields).toString();
  }

  const isTyped = (form) => [...form.elements].some((field) => field.matches("textarea") && field.value !== field.defaultValue);

  function decide(form, button, kind) {
    const record = {
      id: list.shownId(),
      kind,
      from: find(".review-tabs [aria-current]")?.querySelector(".count")?.id.replace("count-", "") || "review",
      url: button?.hasAttribute("formaction") ? button.formAction : form.action,
      body: bodyOf(form, button),
      typed: form.id === "edit" || isTyped(form),
    };
    commit(record);
  }

  function commit(record) {
    const row = list.rowOf(record.id);
    const next = row ? list.following(row, 1)[0] : null;
    record.name ||= row?.querySelector(".row-name").textContent.trim() || find("#claim")?.textContent.trim() || "";
    const putBack = list.take(record.id);
    // It is on its way before anything asks whether all are answered.
    taken.set(outbox.add(record), putBack);
    goOn(next);
    document.dispatchEvent(new CustomEvent("review:decided", { detail: record }));
    applyCounts();
  }

  // Shows what comes next: a card that was refused, the row after, or the first one.
  async function goOn(next) {
    toasts.replaceChildren();
    const back = returned.shift();
    const row = next?.isConnected ? next : list.following(null, 1)[0];
    if (back) {
      bring(back);
    } else if (row) {
      await tryToShow(row);
    } else {
      waiting = true;
      document.getElementById("open").inert = true;
      lastOne();
    }
  }

  async function tryToShow(row) {
    card.come();
    try {
      await card.show(row, { push: false });
      waiting = false;
      card.come();
    } catch {
      // Without the server there is no card: the queue of decisions says so, and tries again.
      waiting = true;
    }
  }

  // The page after the last card says what is left, which is known once everything is answered.
  function lastOne() {
    if (waiting && outbox.records().length === 0) {
      const row = list.following(null, 1)[0];
      if (row) {
        tryToShow(row);
        return;
      }
      waiting = false;
      const query = new URLSearchParams(window.location.search);
      query.set("finished", "1");
      const path = find("#review").dataset.path;
      window.htmx.ajax("GET", `${path}?${query}`, { target: "#workspace", swap: "innerHTML settle:0ms" }).then(function () {
        document.getElementById("open").inert = false;
        find("#open [data-heading]")?.focus({ preventScroll: true });
        card.come();
      });
    }
  }

  // Answers

  function parsed(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  function replace(fresh) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (old) {
      fresh.removeAttribute("hx-swap-oob");
      old.replaceWith(fresh);
    }
  }

  document.addEventListener("outbox:answered", function (event) {
    event.preventDefault();
    const { record, html } = event.detail;
    const answer = parsed(html);
    const said = answer.querySelector("[data-answer]");
    taken.delete(record.key);
    card.forgetTyped(record.id);
    for (const fresh of answer.querySelectorAll(".count, #review-progress")) {
      replace(fresh);
    }
    const toast = answer.querySelector("[data-toast]");
    if (toast) {
      toasts.replaceChildren(toast);
      window.htmx.trigger(toast, "htmx:load", { elt: toast });
    }
    for (const id of said?.dataset.gone.split(" ") || []) {
      list.take(id);
    }
    renew(said?.dataset.stale.split(" ").filter(Boolean) || []);
    applyCounts();
    document.dispatchEvent(new CustomEvent("review:answered", { detail: { record, said } }));
  });

  // Cards that were fetched before this decision and name what it changed.
  function renew(stale) {
    stale.forEach(card.forget);
    const shown = list.shownId();
    if (stale.includes(shown) && !card.isTouched() && list.rowOf(shown)) {
      card.fetchCard(list.linkOf(list.rowOf(shown)).href).then(function (fresh) {
        if (list.shownId() === shown && !card.isTouched()) {
          card.put(fresh);
        }
      }, () => undefined);
    }
    card.settle();
  }

  // Refusals

  document.addEventListener("outbox:refused", function (event) {
    event.preventDefault();
    const { record, html } = event.detail;
    const answer = parsed(html);
    const found = answer.querySelector("[data-candidate]");
    if (!found || answer.querySelector("#decide, #edit")) {
      taken.get(record.key)?.();
    }
    taken.delete(record.key);
    applyCounts();
    if (!found) {
      // The suggestion is gone, or the whole request was refused: there is only the reason to show.
      toasts.replaceChildren(answer);
      window.htmx.trigger(toasts, "htmx:load", { elt: toasts });
    } else if (card.isTouched()) {
      returned.push({ record, html });
      toasts.replaceChildren(find("#comes-back").content.cloneNode(true));
    } else {
      bring({ record, html });
    }
  });

  function bring({ record, html }) {
    toasts.replaceChildren();
    card.put(card.ready(html));
    card.come();
    waiting = false;
    window.history.replaceState(window.history.state, "", record.url.replace(/[a-z]+\/(\?|$)/, "$1"));
    const form = find("#open #decide, #open #edit");
    if (record.typed && form) {
      form.dataset.changed = "";
    }
  }

  // Counts: those of the server, changed by what is on its way

  const shownCount = (place) => (place.dataset.base ??= place.textContent.trim());

  function applyCounts() {
    const change = { review: 0, later: 0, confirmed: 0, rejected: 0 };
    for (const { kind, from } of outbox.records().filter((record) => TABS[record.kind])) {
      change[from] -= 1;
      change[TABS[kind]] += 1;
    }
    for (const [tab, by] of Object.entries(change)) {
      const place = document.getElementById(`count-${tab}`);
      if (place) {
        place.textContent = String(Math.max(0, Number(shownCount(place)) + by));
      }
    }
    const by = change.confirmed + change.rejected;
    const decided = find("#review-progress [data-decided]");
    if (decided) {
      const sum = Number(shownCount(decided)) + by;
      decided.textContent = String(sum);
      find("#review-progress progress").value = sum;
    }
  }

  // Takes back the newest decision if it was not sent yet. Returns it, or null.
  function takeBack() {
    const newest = outbox.records().at(-1);
    if (!newest || !outbox.takeBack(newest.key)) {
      return null;
    }
    taken.get(newest.key)?.();
    taken.delete(newest.key);
    applyCounts();
    const row = list.rowOf(newest.id);
    if (row) {
      card.show(row, { push: false }).then(() => card.come(true));
    } else if (TABS[newest.kind]) {
      window.location.reload();
    }
    return newest;
  }

  // Rows that are decided already, whatever the server's list says.
  function hideTaken() {
    const shown = list.shownId();
    const ids = outbox.records().filter((record) => !record.waits && record.kind !== "note");
    const isOpen = ids.some((record) => record.id === shown) && !card.isTouched();
    for (const { id, key } of ids.filter((record) => list.rowOf(record.id))) {
      taken.set(key, list.take(id));
    }
    applyCounts();
    if (isOpen) {
      goOn(null);
    }
  }

  document.addEventListener("htmx:afterSettle", hideTaken);
  document.addEventListener("outbox:changed", lastOne);
  window.addEventListener("online", () => waiting && goOn(null));
  hideTaken();
  window.reviewDecide = { goOn, commit, takeBack };
})();
