// The API's document, opened by Swagger UI; requests are sent with the session of whoever has signed in.
(function () {
  "use strict";
  const root = document.documentElement;

  // Swagger UI's dark colours go by a class of its own; theme.js says which theme it is.
  function follow() {
    root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  }

  follow();
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-bs-theme"] });

  const token = document.querySelector('meta[name="csrf-token"]').content;
  const place = document.getElementById("api-docs");
  window.SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    requestInterceptor: function (request) {
      const ours = new URL(request.url, window.location.href).origin === window.location.origin;
      if (ours && request.method !== "GET") {
        request.headers["X-CSRFToken"] = token;
      }
      return request;
    },
  });
})();
