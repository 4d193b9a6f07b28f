// What pages of the console do beyond links and forms. No page needs it to be read.
(() => {
  "use strict";
  const lang = document.documentElement.lang;
  const said = () => document.getElementById("said");

  /** Tells people, and their screen readers, in one line. */
  const say = (text) => { const line = said(); if (line) line.textContent = text; };

  /**
   * Tells the gateway the viewer's zone, in which it draws charts and reads filters. A page that it
   * has sent before it knew is loaded once more.
   */
  const zone = () => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const sent = document.body.dataset.zone;
    const known = document.cookie.split("; ").includes(`leadgate-zone=${own}`);
    if (!own || known || sent === own) return;
    document.cookie = `leadgate-zone=${own}; path=/console; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    const clock = (timeZone) => new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short", timeZone }).format();
    const isTold = document.cookie.split("; ").includes(`leadgate-zone=${own}`);
    if (isTold && document.body.dataset.events && clock(sent) !== clock(own)) location.reload();
  };

  /** Shows moments in the zone of the page. */
  const times = (root) => {
    const timeZone = document.body.dataset.zone;
    const format = new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "short", timeZone });
    for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
      time.textContent = format.format(new Date(time.dateTime));
      time.title = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "long", timeZone }).format(new Date(time.dateTime)) + " · " + time.dateTime;
      time.dataset.local = "";
    }
  };

  /** Lets the keyboard scroll tables that are wider than the page. */
  const tables = () => {
    for (const table of document.querySelectorAll(".table")) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
      else table.removeAttribute("tabindex");
    }
  };

  /** Copies the text that a button names: data-copy is the id of its element. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    say(button.dataset.copied ?? "");
  });

  /** Takes the token of a session that began in another tab, so that this page can be sent. */
  const renew = async () => {
    const reply = await fetch("/console/token", { headers: { accept: "application/json" } });
    if (!reply.ok) return;
    const { csrf } = await reply.json();
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF": csrf }));
    for (const field of document.querySelectorAll("input[name=csrf]")) field.value = csrf;
    window.removeEventListener("focus", renew);
  };
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) window.addEventListener("focus", renew);
  });
  document.body.addEventListener("session-ended", () => window.addEventListener("focus", renew));

  // what did not work is told beside what was typed; nothing on the page is lost
  document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.responseText));
  document.addEventListener("htmx:sendError", () => say(document.body.dataset.ended));
  document.addEventListener("htmx:afterSwap", (event) => { times(event.target); tables(); });
  window.addEventListener("resize", () => tables());

  /**
   * Listens to changes while the page is seen. Each becomes an event of the page's body, such as
   * `history`, so parts load themselves again with hx-trigger="history from:body".
   */
  const listen = () => {
    const address = document.body.dataset.events;
    if (!address) return;
    let stream = null;
    const follow = () => {
      if (document.hidden) { stream?.close(); stream = null; return; }
      if (stream) return;
      stream = new EventSource(address);
      // refused, as when too many pages listen: a browser does not ask again then
      stream.addEventListener("error", () => {
        if (stream?.readyState !== EventSource.CLOSED) return;
        stream = null;
        setTimeout(follow, 5000);
      });
      for (const name of ["history", "profiles", "calls", "portals"]) {
        stream.addEventListener(name, () => document.body.dispatchEvent(new Event(name)));
      }
    };
    document.addEventListener("visibilitychange", follow);
    window.addEventListener("pagehide", () => { stream?.close(); stream = null; });
    follow();
  };

  // the script is deferred: the document is there
  zone();
  times(document);
  tables();
  listen();
})();
