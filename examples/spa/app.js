// The page: suggestions as cards, each with its decisions.
import { ApiError, call, valuesOf } from "./api.js";
import { issuer } from "./config.js";
import { SignedOut, allows, finishSignIn, name, signIn, signOut } from "./oauth.js";

const UNDECIDED = ["candidate", "awaiting_refinement"];
const CHANGED_MEANWHILE = ["stale_version", "already_decided"];
const CONFIDENCE = [
  [0.85, "very likely"],
  [0.65, "likely"],
  [0.45, "possible"],
  [0, "a guess"],
];
const byId = (id) => document.getElementById(id);
const copy = (id) => byId(id).content.firstElementChild.cloneNode(true);
const list = byId("list");
let total = 0;

// From here on the page talks to PTFI only, whatever a script of it may try.
function narrowPolicy() {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `connect-src ${new URL(issuer).origin}`;
  document.head.append(policy);
}

const say = (text) => {
  byId("said").textContent = text;
};

const ask = (path) => call("GET", path, { tell: say });
const change = (path, body) => call("POST", path, { body, tell: say });

// Which of the two views there is

function show(signedIn) {
  byId("welcome").hidden = signedIn;
  byId("review").hidden = byId("sign-out").hidden = !signedIn;
  byId("trouble").textContent = byId("failed").textContent = "";
  byId("who").textContent = "";
  list.replaceChildren();
  say("");
}

function leave(trouble) {
  show(false);
  byId("trouble").textContent = trouble;
  byId("sign-in").focus();
}

// What went wrong, in words for the person, at the place that it belongs to.
function report(error, place) {
  say("");
  if (error instanceof SignedOut) {
    leave("The app's access has ended, so it has to sign in again.");
    return;
  }
  const details = error instanceof ApiError ? Object.values(error.details).flat() : [];
  place.textContent = [error.message, ...details].join(" ");
}

async function enter() {
  show(true);
  const mayDecide = allows("persona:manage_traits");
  byId("only-look").hidden = mayDecide;
  byId("review").querySelector("h1").focus();
  try {
    // PTFI shows suggestions only to apps that may decide on them.
    if (mayDecide) await more();
    byId("who").textContent = await name();
    await offerReasons();
  } catch (error) {
    report(error, byId("failed"));
  }
}

// The reasons in the form to reject; without one the API takes "other".
async function offerReasons() {
  const reasons = await valuesOf("RejectionCode").catch(() => []);
  const choices = reasons.map((reason) => {
    const choice = copy("reason");
    choice.querySelector("input").value = reason;
    choice.querySelector("span").textContent = inWords(reason);
    return choice;
  });
  const form = byId("reject").content;
  form.querySelectorAll(".choice").forEach((choice) => choice.remove());
  form.querySelector("fieldset").append(...choices);
}

// The list

const cards = () => list.querySelectorAll(".card");

async function more() {
  // What was decided has left the list that the API pages through.
  const query = new URLSearchParams({ limit: 10, offset: cards().length });
  const { data, pagination } = await ask(`/traits/candidates?${query}`);
  for (const candidate of data.filter((each) => !byId(each.candidateID))) {
    const item = document.createElement("li");
    item.id = candidate.candidateID;
    list.append(item);
    draw(item, candidate);
  }
  total = pagination.total;
  count();
}

function count() {
  const some = total === 1 ? "One suggestion is undecided." : `${total} suggestions are undecided.`;
  byId("left").textContent = total ? some : "Nothing is undecided.";
  byId("more").hidden = cards().length >= total;
}

// A suggestion

// "KnowledgeDomain" is "Knowledge domain", "not_me" is "Not me".
const inWords = (name) => {
  const words = name.replaceAll("_", " ").replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0].toUpperCase() + words.slice(1);
};

function draw(item, candidate, notice = "") {
  const card = copy("card");
  const part = (key) => card.querySelector(`[data-${key}]`);
  const score = candidate.confidenceScore;
  const likely = `${CONFIDENCE.find(([least]) => score >= least)[1]}, ${Math.floor((score * 100).toFixed(10))} %`;
  part("category").textContent = inWords(candidate.traitCategory);
  part("confidence").textContent = candidate.status === "candidate" ? likely : `${likely} · put off`;
  part("name").textContent = candidate.traitName;
  part("description").textContent = candidate.traitDescription;
  part("notice").textContent = notice;
  part("notice").hidden = !notice;
  part("evidence").append(...candidate.supportingEvidenceSnippets.map(piece));
  part("evidence-title").textContent = candidate.supportingEvidenceSnippets.length ? "Evidence" : "Without evidence";
  part("confirm").onclick = () => decide(item, candidate, { userDecision: "confirmed_asis" });
  for (const kind of ["edit", "reject"]) {
    part(kind).onclick = () => open(item, candidate, kind);
  }
  describe(card, part("name"), candidate.candidateID);
  item.replaceChildren(card);
}

// Buttons of all cards are called the same: say which one each belongs to.
function describe(card, heading, id) {
  heading.id = `name-${id}`;
  card.setAttribute("aria-labelledby", heading.id);
  for (const button of card.querySelectorAll("button")) {
    button.setAttribute("aria-describedby", heading.id);
  }
}

function piece(evidence) {
  const row = copy("piece");
  row.querySelector("blockquote").textContent = evidence.content;
  row.querySelector(".source").textContent = evidence.sourceDetail || evidence.type.replaceAll("_", " ");
  return row;
}

// The forms of a card

const CHANGES = {
  edit: ({ name, description, rating }, candidate) => ({
    userDecision: "confirmed_modified",
    modifications: {
      ...(name !== candidate.traitName && { refinedTraitName: name }),
      ...(description !== candidate.traitDescription && { refinedTraitDescription: description }),
      ...(rating && { userConfidenceRating: Number(rating) }),
    },
  }),
  reject: ({ code, reason }) => ({ userDecision: "rejected", rejectionCode: code, ...(reason && { rejectionReason: reason }) }),
};

const AS_SUGGESTED = {
  edit: (candidate) => ({ name: candidate.traitName, description: candidate.traitDescription }),
  reject: () => ({}),
};

// typed: what the person had entered already, by field.
function open(item, candidate, kind, typed = {}) {
  const form = copy(kind);
  const button = item.querySelector(`[data-${kind}]`);
  const suggested = AS_SUGGESTED[kind](candidate);
  for (const [field, text] of Object.entries({ ...suggested, ...typed })) {
    form.elements[field].value = text;
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    const entered = Object.fromEntries(Object.entries(values).filter(([field, text]) => text !== suggested[field]));
    decide(item, candidate, CHANGES[kind](values, candidate), (fresh) => open(item, fresh, kind, entered));
  };
  form.querySelector("[data-cancel]").onclick = () => {
    close(item);
    button.focus();
  };
  close(item);
  button.setAttribute("aria-expanded", "true");
  item.querySelector("[data-form]").append(form);
  form.querySelector("input").focus();
}

function close(item) {
  item.querySelector("[data-form]").replaceChildren();
  item.querySelectorAll("[aria-expanded]").forEach((button) => button.setAttribute("aria-expanded", "false"));
}

// Decisions

// reopen puts what was typed into the form of the card as it is now.
async function decide(item, candidate, decision, reopen = () => {}) {
  await once(item, async () => {
    const path = `/traits/candidates/${candidate.candidateID}`;
    try {
      const done = await change(`${path}/actions`, { ...decision, version: candidate.version });
      settle(item, candidate, done.message, done.refinementActionID);
    } catch (error) {
      if (!CHANGED_MEANWHILE.includes(error.code)) {
        throw error;
      }
      const fresh = await ask(path);
      if (UNDECIDED.includes(fresh.status)) {
        draw(item, fresh, error.message);
        reopen(fresh);
      } else {
        settle(item, fresh, error.message);
      }
    }
  });
}

// Do it, unless something is being done with this suggestion; what goes wrong is told on its card.
async function once(item, act) {
  if (item.ariaBusy === "true") {
    return;
  }
  item.ariaBusy = "true";
  item.querySelector("[data-trouble]").textContent = "";
  try {
    await act();
  } catch (error) {
    report(error, item.querySelector("[data-trouble]"));
  } finally {
    item.ariaBusy = "false";
  }
}

// A line in place of the card; without an action there is nothing of ours to undo.
function settle(item, candidate, message, actionID = null) {
  const line = copy("decided");
  const part = (key) => line.querySelector(`[data-${key}]`);
  part("message").textContent = message;
  part("name").textContent = candidate.traitName;
  describe(line, part("name"), candidate.candidateID);
  part("undo").hidden = !actionID;
  part("undo").onclick = () => undo(item, candidate, actionID);
  item.replaceChildren(line);
  total -= 1;
  count();
  say(`${message} ${candidate.traitName}`);
  (headingAfter(item) ?? line).focus();
}

function headingAfter(item) {
  const headings = [...list.querySelectorAll("h2")];
  return headings.find((each) => item.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING);
}

async function undo(item, candidate, actionID) {
  await once(item, async () => {
    const done = await change(`/traits/refinements/${actionID}/undo`);
    draw(item, await ask(`/traits/candidates/${candidate.candidateID}`));
    total += 1;
    count();
    say(`${done.message} ${candidate.traitName}`);
    item.querySelector("h2").focus();
  });
}

// The start

async function start() {
  narrowPolicy();
  byId("sign-in").onclick = () => signIn().catch((error) => leave(error.message));
  byId("sign-out").onclick = () => {
    leave("");
    // A reload drops whatever was on its way as well.
    signOut().then(
      () => location.reload(),
      (error) => leave(error.message),
    );
  };
  byId("more").onclick = () => more().catch((error) => report(error, byId("failed")));
  try {
    if (await finishSignIn()) {
      await enter();
    }
  } catch (error) {
    leave(error instanceof SignedOut ? "PTFI did not take the sign-in. Please try again." : error.message);
  }
}

start();
