// Shows faults with passkeys, which allauth reports only as an event.
(function () {
  "use strict";
  const texts = {
    NotAllowedError: "notAllowed",
    InvalidStateError: "invalidState",
    SecurityError: "security",
  };
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    const error = event.detail.exception;
    const place = document.getElementById("passkey-error");
    place.textContent = place.dataset[texts[error && error.name] || "other"];
    place.hidden = false;
  });
})();
