// The search of the history: what is searched for stands after `#` in the address, where no server
// and no log sees it, and a link to the page finds the same.
(() => {
  "use strict";
  const form = document.getElementById("search");
  if (!form) return;
  const field = form.elements.q;
  const typed = () => new URLSearchParams(location.hash.slice(1)).get("q") ?? "";

  const remember = () => {
    const hash = field.value.trim() ? `#${new URLSearchParams({ q: field.value.trim() })}` : "";
    if (hash !== location.hash) history.pushState(null, "", location.pathname + location.search + hash);
  };
  form.addEventListener("submit", remember);

  // a link with a search, and the way back to one
  const find = () => {
    if (typed() === field.value.trim()) return;
    field.value = typed();
    form.requestSubmit();
  };
  window.addEventListener("popstate", find);
  window.addEventListener("load", find);

  // one key leads to the search, unless somebody types already
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    field.focus();
  });
})();
