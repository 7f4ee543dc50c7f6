// Moving the slider selects a preference; leaving with unsaved choices asks for confirmation.
(function () {
  "use strict";
  const form = document.getElementById("style");
  const slider = document.getElementById("emoji");
  let leaves = false;

  slider.addEventListener("input", function () {
    document.getElementById("emoji-set").checked = true;
  });

  function text() {
    return new URLSearchParams(new FormData(form)).toString();
  }

  // The form as the server sent it counts as saved, unless it was refused: browsers may restore earlier choices.
  const saved = form.dataset.unsaved === undefined ? text() : "";
  document.addEventListener("submit", function (event) {
    leaves = event.target === form;
  });
  window.addEventListener("beforeunload", function (event) {
    if (!leaves && text() !== saved) {
      event.preventDefault();
    }
    leaves = false;
  });
  document.querySelector("[data-cancel]").addEventListener("click", function () {
    leaves = true;
  });
  const said = document.querySelector("[data-faults]") || document.querySelector("#toasts [data-toast]");
  if (said) {
    said.tabIndex = -1;
    said.focus();
  }
})();
