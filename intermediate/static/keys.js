// Keyboard shortcuts, and the selection in the list. Each key does what a button or link on the page does.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const language = document.documentElement.lang;
  const shown = (element) => element.getClientRects().length > 0;

  // ---- Rows, and the row with the focus
  const rows = () => $$(".list li").filter(shown);
  const current = () => document.activeElement?.closest(".list li");
  const enter = (row) => row && ($("a.title", row) ?? $("[name=title]", row) ?? $("button", row))?.focus();
  const move = (step) => {
    const all = rows(), at = all.indexOf(current());
    enter(at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[Math.min(all.length - 1, Math.max(0, at + step))]);
  };
  const press = (selector, root = current()) => root && $(selector, root)?.click();

  // ---- Selection: the checkboxes are its state, so that the form works without JavaScript, too
  const boxes = () => rows().map((row) => $(".pick input", row)).filter(Boolean);
  let last = null;
  const choose = (box, upTo) => {
    const all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
    if (upTo && from >= 0 && to >= 0) {
      for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = true;
    }
    last = box;
    count();
  };
  const count = () => {
    const number = $(".bulk-number"), chosen = $$(".pick :checked").length;
    if (number) number.textContent = chosen ? number.dataset.some.replace("{count}", chosen) : number.dataset.none;
  };
  const pick = (upTo) => {
    const box = current() && $(".pick input", current());
    if (!box) return;
    if (!upTo) box.checked = !box.checked;
    choose(box, upTo);
  };
  document.addEventListener("click", (event) => {
    const box = event.target.closest(".pick input");
    if (box) return choose(box, event.shiftKey && box.checked);
    const button = event.target.closest(".pick-button");
    if (button) {
      button.closest("details").open = false;
      $(".pick input", button.closest("li")).click();
    }
    event.target.closest(".toast-close")?.closest(".toast").remove();
  });
  document.addEventListener("reset", () => setTimeout(count));

  // ---- The buttons Due and Priority of the add box show the chosen value
  const say = (field) => {
    const menu = field.closest("[data-says]");
    if (!menu) return;
    const set = field.value && field.value !== "normal";
    const words = field.type === "radio" ? field.nextElementSibling.textContent
      : new Date(field.value).toLocaleDateString(language === "en" ? "en-GB" : language, { day: "numeric", month: "short" });
    menu.classList.toggle("is-set", Boolean(set));
    $(".says", menu).textContent = set ? words : menu.dataset.says;
  };
  document.addEventListener("change", (event) => say(event.target));

  // ---- When the focused row or the selected ones are removed, the focus goes to the next row, else one before, else
  // the add box
  let heir = null;
  document.addEventListener("htmx:beforeRequest", () => {
    const all = rows(), in_bulk = document.activeElement?.closest("#bulk");
    const at = in_bulk ? all.findLastIndex((row) => $(".pick :checked", row)) : all.indexOf(current());
    heir = at < 0 ? null : [all[at + 1], ...all.slice(0, at).reverse()].map((row) => row?.id);
  });
  document.addEventListener("htmx:afterSettle", () => {
    count();
    if (!heir || (document.activeElement !== document.body && shown(document.activeElement))) return;
    const next = heir.map((id) => id && document.getElementById(id)).find(Boolean);
    heir = null;
    if (next) enter(next); else $("#add-title")?.focus();
  });

  // ---- Keys
  const help = $("#keys");
  const explain = () => {
    const opener = document.activeElement;
    help?.addEventListener("close", () => opener.focus(), { once: true });
    help?.showModal();
  };
  const go = (path) => location.assign(path);
  const keys = {
    n: () => $("#add-title")?.focus(),
    "/": () => $("#q")?.focus(),
    j: () => move(1), ArrowDown: () => move(1),
    k: () => move(-1), ArrowUp: () => move(-1),
    x: () => press(".glyph-button button"),
    e: () => press("a.title"),
    s: () => pick(false), S: () => pick(true),
    "#": () => press("form[id^=delete-] button"),
    z: () => press(".toast form button", document),
    "?": explain,
  };
  const pages = { n: "/notes", r: "/reports", a: "/account" };
  const typing = (element) => element.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
  let g = false;
  document.addEventListener("keydown", (event) => {
    const element = event.target, edit = element.closest?.(".edit");
    if (event.key === "Escape" && edit) return press("a.cancel", edit);
    if (event.key === "Escape" && element.matches("#add-title, #q")) return element.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && edit) return press(".primary", edit);
    const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing);
    if (!help || help.dataset.off !== undefined || help.open || !plain || typing(element)) return;
    if (event.key.startsWith("Arrow") && !(current() || element === document.body)) return;
    const then = g && pages[event.key];
    const act = then ? () => go(then) : keys[event.key];
    g = event.key === "g";
    if (!act) return;
    event.preventDefault();
    act();
  });
  for (const link of $$("[data-opens=shortcuts]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      link.focus();
      explain();
    });
  }
})();
