// Verdicts on evidence by keys: one piece after the other, and a digit for each verdict.
(function () {
  "use strict";
  const pieces = () => [...document.querySelectorAll("#open .piece:has(input[name^='verdict-'])")].filter((piece) => !piece.querySelector(".piece"));
  const judged = () => document.querySelector("#open .piece.judging");
  const choices = (piece) => [...piece.querySelectorAll("input[name^='verdict-']")];

  function end() {
    judged()?.classList.remove("judging");
    document.querySelector("#open [data-heading]")?.focus({ preventScroll: true });
  }

  // The piece with the focus is the one to judge. Beyond the last one, judging ends.
  function step(by) {
    const all = pieces();
    const at = all.indexOf(judged());
    const next = at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[at + by];
    judged()?.classList.remove("judging");
    if (!next) {
      end();
      return;
    }
    next.classList.add("judging");
    (choices(next).find((input) => input.checked) || choices(next)[0]).focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  }

  // 0 is "not judged", the others are numbered in their order.
  function choose(number) {
    const input = judged() && choices(judged())[number];
    if (input) {
      input.checked = true;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.focus({ preventScroll: true });
    }
  }

  document.addEventListener("focusin", function (event) {
    const piece = judged();
    if (piece && !piece.contains(event.target)) {
      piece.classList.remove("judging");
    }
  });

  window.reviewJudge = { step, choose, end, isJudging: () => Boolean(judged()) };
})();
