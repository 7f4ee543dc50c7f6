// Sets the theme. Loaded before the style sheets, so that the page never flashes in the wrong one.
(function () {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto";
    }
  }

  function apply() {
    const choice = chosen();
    const theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    document.documentElement.dataset.bsTheme = theme;
  }

  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);

  function showChoice() {
    for (const input of document.querySelectorAll('input[name="theme"]')) {
      input.checked = input.value === chosen();
    }
  }

  document.addEventListener("DOMContentLoaded", showChoice);
  document.addEventListener("change", function (event) {
    if (event.target.name !== "theme") {
      return;
    }
    try {
      localStorage.setItem("theme", event.target.value);
      apply();
    } catch {
      // Without storage the choice applies to this page only.
      document.documentElement.dataset.bsTheme = event.target.value;
    }
  });
})();
