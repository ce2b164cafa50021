// The one script of the desk's pages. Everything here can also be done without it.
"use strict";

// A menu closes when something else is used.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
