// What the open card says about its evidence follows the verdicts on it; and fields that a key opens get the focus.
(function () {
  "use strict";
  const find = (selector) => document.querySelector(selector);
  const COUNTED = ["", "supports"];
  const counts = (input) => (input && COUNTED.includes(input.value) ? 1 : 0);

  // The server counted the pieces as they were judged when it made the card, also those that are not on the page yet.
  function follow() {
    const used = find("#open [data-used]");
    if (!used) {
      return;
    }
    let count = Number(used.dataset.used);
    for (const group of document.querySelectorAll("#open fieldset.verdict")) {
      const inputs = [...group.querySelectorAll("input")];
      count += counts(inputs.find((input) => input.checked)) - counts(inputs.find((input) => input.defaultChecked));
    }
    used.textContent = String(count);
    const none = find("#open [data-no-evidence]");
    if (none) {
      none.hidden = count > 0;
    }
  }

  document.addEventListener("input", (event) => event.target.closest(".verdict") && follow());
  // A card that comes back has the verdicts that were given on it.
  document.addEventListener("htmx:load", follow);

  // Opening the answer that both are true leads to the first of its fields.
  document.addEventListener(
    "toggle",
    function (event) {
      if (event.target.matches?.("#open [data-answers] .places[open]")) {
        event.target.querySelector("textarea").focus();
      }
    },
    true,
  );
})();
