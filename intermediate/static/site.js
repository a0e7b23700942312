// Detects the time zone, copies to the clipboard, shows network errors, and closes menus.
(() => {
  for (const field of document.querySelectorAll("input[type=hidden][name=time_zone]")) {
    field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  }

  const offerCopies = () => {
    if (!navigator.clipboard) return; // not available over plain HTTP
    for (const button of document.querySelectorAll("[data-copy][hidden]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        button.querySelector("span").textContent = button.dataset.copied;
      });
    }
  };
  offerCopies();
  document.addEventListener("htmx:afterSettle", offerCopies);

  const offline = document.getElementById("offline");
  const tell = (away) => { if (offline) offline.hidden = !away; };
  let unsent = null;
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      unsent = event.detail.elt;
      tell(true);
    });
  }
  document.addEventListener("htmx:afterOnLoad", () => tell(false));
  document.getElementById("again")?.addEventListener("click", () => {
    if (unsent?.isConnected) htmx.trigger(unsent, unsent.matches("form") ? "submit" : "click");
  });

  // An error message belongs to the previous request, so the next request removes it.
  document.addEventListener("htmx:beforeRequest", () => {
    const alerts = document.getElementById("alerts");
    if (alerts) alerts.replaceChildren();
  });

  // Focuses the element that a fragment marks. For the attribute autofocus, browsers would log a warning.
  document.addEventListener("htmx:afterSettle", () => {
    const marked = document.querySelector("[data-focus]");
    if (!marked) return;
    marked.removeAttribute("data-focus");
    marked.focus();
  });

  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
