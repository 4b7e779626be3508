// Counts down how long a code is good, by running time: a wrong clock of this machine changes nothing. Then it hides the code.
"use strict";
(function () {
  const made = document.getElementById("made");
  if (!made) { return; }
  const left = document.getElementById("left");
  const began = performance.now(), whole = Number(made.dataset.leftMs);

  function show() {
    const seconds = Math.ceil((whole - (performance.now() - began)) / 1000);
    if (seconds <= 0) {
      document.getElementById("once").remove();  // not only hidden: it is a secret no longer wanted here
      document.getElementById("valid").hidden = true;
      document.getElementById("over").hidden = false;
      return;
    }
    left.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    setTimeout(show, 500);
  }

  document.getElementById("link").addEventListener("focus", function (event) { event.target.select(); });
  show();
})();
