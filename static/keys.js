// Which key was meant, on every keyboard: "c" is the key with the letter c, or the one in its place where the layout
// has no Latin letters; digits are those of the row and of the keypad, whatever the layout makes of them.
(function () {
  "use strict";
  const OTHER_SCRIPT = /^[^\p{ASCII}\p{Script=Latin}]/u;
  const LETTER = /^[A-Za-z]$/;

  // A capital is Shift and the letter; caps lock changes no key.
  function letter(event) {
    const typed = OTHER_SCRIPT.test(event.key) ? event.code.replace(/^Key/, "").toLowerCase() : event.key;
    if (!LETTER.test(typed)) {
      return "";
    }
    const shifted = event.shiftKey || (/[A-Z]/.test(typed) && !event.getModifierState("CapsLock"));
    return shifted ? typed.toUpperCase() : typed.toLowerCase();
  }

  function digit(event) {
    const place = event.shiftKey ? null : /^Digit([0-9])$/.exec(event.code);
    return /^[0-9]$/.test(event.key) ? event.key : place ? place[1] : "";
  }

  // "" for what is meant for the browser, the system or an input method.
  window.keyOf = function (event) {
    const modified = event.ctrlKey || event.altKey || event.metaKey || event.getModifierState?.("AltGraph");
    if (modified || event.isComposing || event.keyCode === 229) {
      return "";
    }
    return digit(event) || letter(event) || event.key;
  };
})();
