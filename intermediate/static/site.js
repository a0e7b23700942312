// What HTML and htmx cannot do by themselves: say which time zone it is, that the network is away, and close menus as
// people expect.
(() => {
  for (const field of document.querySelectorAll("input[type=hidden][name=time_zone]")) {
    field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  }

  const offline = document.getElementById("offline");
  const tell = (away) => { if (offline) offline.hidden = !away; };
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => tell(true));
  document.addEventListener("htmx:afterOnLoad", () => tell(false));

  // An error's note belongs to the try before: the next answer that is none takes it away.
  document.addEventListener("htmx:beforeRequest", () => {
    const alerts = document.getElementById("alerts");
    if (alerts) alerts.replaceChildren();
  });

  // What a fragment marks takes the focus. The attribute autofocus would do, but browsers complain of it in the console.
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
