// Moving the slider says that there is to be a preference of one's own.
(function () {
  "use strict";
  const slider = document.getElementById("emoji");
  slider.addEventListener("input", function () {
    document.getElementById("emoji-set").checked = true;
  });
})();
