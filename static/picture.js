// Zoom, pan, the trait panel, and the picture as an image. Without scripts the whole picture is shown, and scrolls.
(function () {
  "use strict";
  const STEP = 1.25;
  const LEAST = 0.15;
  const MOST = 4;
  const PNG_SIDE = 8000;
  // Below this scale names are too small to read.
  const READABLE = 0.8;
  // From this scale on every name fits.
  const CLOSE = 1.3;
  const PHONE = window.matchMedia("(max-width: 47.99rem)");

  function live(frame) {
    const scroll = frame.querySelector("[data-picture-scroll]");
    const svg = scroll.querySelector("svg");
    const width = Number(svg.getAttribute("width"));
    const height = Number(svg.getAttribute("height"));
    let scale = 1;

    // Zoom so that the point of the picture at (x, y) of the frame stays in place.
    function zoom(to, x = scroll.clientWidth / 2, y = scroll.clientHeight / 2) {
      const next = Math.min(MOST, Math.max(LEAST, to));
      const left = (scroll.scrollLeft + x) / scale;
      const top = (scroll.scrollTop + y) / scale;
      scale = next;
      frame.classList.toggle("is-close", scale >= CLOSE);
      svg.setAttribute("width", width * scale);
      svg.setAttribute("height", height * scale);
      scroll.scrollLeft = left * scale - x;
      scroll.scrollTop = top * scale - y;
    }

    const whole = () => Math.min(scroll.clientWidth / width, Math.max(scroll.clientHeight, 300) / height);
    const fit = () => zoom(Math.min(1.6, whole()));

    function centre() {
      const person = svg.querySelector(".node-person .shape").getBoundingClientRect();
      const frameBox = scroll.getBoundingClientRect();
      scroll.scrollLeft += person.x + person.width / 2 - frameBox.x - scroll.clientWidth / 2;
      scroll.scrollTop += person.y + person.height / 2 - frameBox.y - scroll.clientHeight / 2;
    }

    const actions = {
      in: () => zoom(scale * STEP),
      out: () => zoom(scale / STEP),
      fit,
    };
    const keys = { "+": "in", "=": "in", "-": "out", 0: "fit" };

    frame.classList.add("is-live");
    // Phones show the whole picture first; elsewhere it is scaled down only as far as names stay readable.
    if (PHONE.matches) {
      fit();
    } else {
      zoom(Math.min(1, Math.max(READABLE, whole())));
    }
    centre();

    frame.addEventListener("click", function (event) {
      const button = event.target.closest("[data-zoom]");
      if (button) {
        actions[button.dataset.zoom]();
      }
    });
    scroll.addEventListener("keydown", function (event) {
      if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        actions[keys[event.key]]();
      }
    });
    scroll.addEventListener(
      "wheel",
      function (event) {
        if (!event.ctrlKey && !event.metaKey) {
          return;
        }
        event.preventDefault();
        const box = scroll.getBoundingClientRect();
        zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.x, event.clientY - box.y);
      },
      { passive: false },
    );
    drag(frame, scroll);
    pinch(scroll, () => scale, zoom);
    neighbours(svg);
  }

  function drag(frame, scroll) {
    let from = null;
    let moved = false;
    scroll.addEventListener("pointerdown", function (event) {
      if (event.pointerType === "mouse" && event.button === 0) {
        from = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop };
        moved = false;
      }
    });
    window.addEventListener("pointermove", function (event) {
      if (!from || !(event.buttons & 1)) {
        from = null;
        frame.classList.remove("is-dragged");
        return;
      }
      const [across, down] = [event.clientX - from.x, event.clientY - from.y];
      moved ||= Math.hypot(across, down) > 4;
      if (moved) {
        frame.classList.add("is-dragged");
        scroll.scrollLeft = from.left - across;
        scroll.scrollTop = from.top - down;
      }
    });
    window.addEventListener("pointerup", function () {
      from = null;
      frame.classList.remove("is-dragged");
    });
    scroll.addEventListener("dragstart", (event) => event.preventDefault());
    // The click that ends a drag must not open the node under it.
    scroll.addEventListener(
      "click",
      function (event) {
        if (moved) {
          event.preventDefault();
          event.stopPropagation();
          moved = false;
        }
      },
      true,
    );
  }

  function pinch(scroll, scale, zoom) {
    let start = null;
    function spread(touches) {
      const [a, b] = touches;
      const box = scroll.getBoundingClientRect();
      return {
        apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
        x: (a.clientX + b.clientX) / 2 - box.x,
        y: (a.clientY + b.clientY) / 2 - box.y,
      };
    }
    scroll.addEventListener("touchstart", function (event) {
      start = event.touches.length === 2 ? { apart: spread(event.touches).apart, scale: scale() } : null;
    });
    scroll.addEventListener(
      "touchmove",
      function (event) {
        if (start && event.touches.length === 2) {
          event.preventDefault();
          const now = spread(event.touches);
          zoom((start.scale * now.apart) / start.apart, now.x, now.y);
        }
      },
      { passive: false },
    );
  }

  // Highlight the neighbours of the node that has the pointer or the focus.
  function neighbours(svg) {
    const nodes = new Map();
    for (const node of svg.querySelectorAll("[data-node]")) {
      nodes.set(node.dataset.node, { node, ties: [] });
    }
    for (const edge of svg.querySelectorAll("[data-ends]")) {
      const [a, b] = edge.dataset.ends.split(" ");
      nodes.get(a).ties.push([edge, nodes.get(b).node]);
      nodes.get(b).ties.push([edge, nodes.get(a).node]);
    }
    function show(event) {
      hide();
      const found = event.target.closest("[data-node]");
      // The person is connected to nearly everything.
      if (!found || found.classList.contains("node-person")) {
        return;
      }
      svg.classList.add("has-near");
      for (const [edge, node] of nodes.get(found.dataset.node).ties) {
        edge.classList.add("is-near");
        node.classList.add("is-near");
      }
    }
    function hide() {
      svg.classList.remove("has-near");
      for (const near of svg.querySelectorAll(".is-near")) {
        near.classList.remove("is-near");
      }
    }
    svg.addEventListener("pointerover", show);
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("focusin", show);
    svg.addEventListener("focusout", hide);
  }

  function openBeside(event) {
    const link = event.target.closest("a[data-trait]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) {
      return;
    }
    event.preventDefault();
    const frame = link.closest("[data-picture]");
    for (const open of frame.querySelectorAll(".is-open")) {
      open.classList.remove("is-open");
    }
    link.classList.add("is-open");
    const panel = document.getElementById("picture-panel");
    window.htmx
      .ajax("GET", `${frame.dataset.panel}${link.dataset.trait}/`, { target: panel, swap: "innerHTML" })
      .then(function () {
        panel.focus({ preventScroll: true });
        panel.scrollIntoView({ block: "nearest" });
      });
  }

  function closePanel() {
    document.getElementById("picture-panel").replaceChildren();
    const open = document.querySelector(".picture .is-open");
    if (open) {
      open.classList.remove("is-open");
      open.focus();
    }
  }

  // Draws the server's SVG file on a canvas; as a data: URL, because the CSP allows no blob: images.
  async function asPNG(address) {
    const answer = await fetch(address);
    if (!answer.ok) {
      throw new Error(`The picture could not be read (${answer.status})`);
    }
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
    await image.decode();
    const scale = Math.min(2, PNG_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  // After a failure, for example while the graph is away, the button can be pressed again.
  async function savePNG(button) {
    button.disabled = true;
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await asPNG(document.querySelector("[data-saved]").href));
      link.download = "my-graph.png";
      link.click();
      URL.revokeObjectURL(link.href);
    } finally {
      button.disabled = false;
    }
  }

  function start(root) {
    for (const frame of root.querySelectorAll("[data-picture]:not(.is-live)")) {
      live(frame);
    }
  }

  start(document);
  // Submits when a name is chosen from the list or the field is cleared; typed text waits for Enter.
  document.addEventListener("input", function (event) {
    if (event.target.id === "concept" && (!event.inputType || event.inputType === "insertReplacementText")) {
      event.target.form.requestSubmit();
    }
  });
  document.addEventListener("htmx:load", () => start(document));
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-close-panel]")) {
      closePanel();
    } else if (event.target.closest("[data-png]")) {
      savePNG(event.target.closest("[data-png]"));
    } else {
      openBeside(event);
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && event.target.closest("#picture-panel")) {
      closePanel();
    }
  });
})();
