// allauth reports what went wrong with a passkey as an event; without this the page would stay silent.
(function () {
  "use strict";
  const texts = {
    NotAllowedError: "The passkey was not used: the request was cancelled, timed out, or no passkey fits.",
    InvalidStateError: "This device already has a passkey for your account.",
    SecurityError: "Passkeys do not work at this address.",
  };
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    const error = event.detail.exception;
    const place = document.getElementById("passkey-error");
    place.textContent = texts[error && error.name] || "The passkey could not be used on this device.";
    place.hidden = false;
  });
})();
