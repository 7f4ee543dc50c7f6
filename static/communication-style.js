// Moving the slider selects a preference; after a reload, the focus is on what was said.
(function () {
  "use strict";
  document.getElementById("emoji").addEventListener("input", function () {
    document.getElementById("emoji-set").checked = true;
  });
  const said = document.querySelector("[data-faults]") || document.querySelector("#toasts [data-toast]");
  if (said) {
    said.tabIndex = -1;
    said.focus();
  }
})();
