// Ctrl+K on every page: finds actions, pages, traits and filters by their names. In the review queue an action is done
// right away; elsewhere it leads there.
(function () {
  "use strict";
  const palette = document.getElementById("palette");
  const field = document.getElementById("palette-q");
  const place = document.getElementById("palette-list");
  const PAUSE = 120;
  let timer = 0;
  let asked = 0;

  const options = () => [...place.querySelectorAll("a")];
  const chosen = () => place.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option?.id || "");
  }

  function show(html) {
    place.innerHTML = html;
    for (const group of place.querySelectorAll("section")) {
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", group.querySelector("h2").textContent);
      group.querySelectorAll("h2, ul, li").forEach((each) => each.setAttribute("role", "presentation"));
    }
    options().forEach(function (option, number) {
      option.id = `found-${number}`;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
    });
    choose(options()[0]);
  }

  async function ask() {
    asked += 1;
    const mine = asked;
    const query = new URLSearchParams({ q: field.value });
    const headers = { "HX-Request": "true", "HX-Target": "palette-list" };
    try {
      const answer = await fetch(`${palette.dataset.url}?${query}`, { headers, redirect: "manual" });
      if (mine === asked && answer.ok) {
        show(await answer.text());
      }
    } catch {
      // Without a connection, what was found before stays.
    }
  }

  function open() {
    if (!document.querySelector("dialog[open]")) {
      field.value = "";
      palette.showModal();
      ask();
    }
  }

  function go(option) {
    const act = window.reviewActs?.[option.dataset.action];
    palette.close();
    act ? act() : window.location.assign(option.href);
  }

  function step(by) {
    const all = options();
    const at = all.indexOf(chosen());
    choose(all[(at + by + all.length) % all.length]);
  }

  document.addEventListener("keydown", function (event) {
    const isK = event.key.toLowerCase() === "k" || event.code === "KeyK";
    if (isK && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      palette.open ? palette.close() : open();
    }
  });

  field.addEventListener("keydown", function (event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || !(by || event.key === "Enter")) {
      return;
    }
    event.preventDefault();
    if (by) {
      step(by);
    } else if (chosen()) {
      go(chosen());
    }
  });

  field.addEventListener("input", function () {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  });

  document.addEventListener("click", function (event) {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    const option = event.target.closest("#palette-list a[data-action]");
    if (option && plain && window.reviewActs) {
      event.preventDefault();
      go(option);
    } else if (event.target.closest("[data-palette]") && plain) {
      event.preventDefault();
      open();
    } else if (event.target === palette) {
      palette.close();
    }
  });
})();
