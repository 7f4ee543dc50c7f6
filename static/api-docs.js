// Shows the API's document in Swagger UI; requests use the session of the signed-in person.
(function () {
  "use strict";
  const root = document.documentElement;

  // Swagger UI has a class of its own for dark colours; theme.js sets the theme.
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
