// The console in a frame of the portal. Cookies of a frame are third-party ones, which browsers block, so
// the session is a token in this script: pages are fetched with it and replace the document. The script
// stays while they come and go, because the window does. The token never stands in an address, and no
// cookie is sent.
(() => {
  "use strict";
  const HOME = "/console";
  /** How long the portal may take to answer; it answers nothing to what it does not know. */
  const PATIENCE = 10_000;
  const { frame } = document.body.dataset;
  if (!frame) return;
  delete document.body.dataset.frame;
  const native = { fetch: window.fetch.bind(window), delay: window.setTimeout.bind(window) };
  const state = {
    ...JSON.parse(frame), streams: new Set(), timers: new Set(), waiting: new Map(),
    number: 0, load: 0, page: 0, renewing: null, timer: null, isSending: false, shown: "", height: 0,
  };

  // ---- the portal
  /** Sends a command to the portal's page: its script around this frame carries it out. */
  const tell = (command, params) => {
    state.number += 1;
    const key = `leadgate${state.number}`;
    const parts = params === undefined ? [command, key, state.sid] : [command, JSON.stringify(params), key, state.sid];
    if (window.parent !== window) window.parent.postMessage(parts.join(":"), state.portal);
    return key;
  };
  /** The same; returns the answer, or null without one. */
  const ask = (command, params) => new Promise((resolve) => {
    const key = tell(command, params);
    state.waiting.set(key, resolve);
    native.delay(() => { if (state.waiting.delete(key)) resolve(null); }, PATIENCE);
  });
  const answered = (event) => {
    if (event.origin !== state.portal || event.source !== window.parent || typeof event.data !== "string") return;
    const [key] = event.data.split(":", 1);
    const resolve = state.waiting.get(key);
    if (!resolve) return;
    state.waiting.delete(key);
    try { resolve(JSON.parse(event.data.slice(key.length + 1) || "null")); } catch { resolve(null); }
  };

  // ---- the session
  /** Takes another token before this one ends: the portal still has to know the employee. */
  const renew = () => {
    state.renewing ??= (async () => {
      const auth = await ask("refreshAuth", {});
      if (!auth?.AUTH_ID) return false;
      const address = new URLSearchParams({ ...state.address, APP_SID: state.sid, LANG: state.lang });
      const body = new URLSearchParams({
        AUTH_ID: auth.AUTH_ID, AUTH_EXPIRES: auth.AUTH_EXPIRES ?? "3600", REFRESH_ID: auth.REFRESH_ID ?? "",
        member_id: state.member, status: "L", PLACEMENT: "DEFAULT",
      });
      try {
        const reply = await native.fetch(`${state.app}?${address}`, {
          method: "POST", body, credentials: "omit", headers: { accept: "application/json" },
        });
        if (!reply.ok) return false;
        Object.assign(state, await reply.json());
        later();
        return true;
      } catch { return false; }
    })().finally(() => { state.renewing = null; });
    return state.renewing;
  };
  const later = () => {
    clearTimeout(state.timer);
    state.timer = native.delay(renew, state.seconds * 750);
  };
  /** Says that the session has ended, and offers to open the page again. */
  const ended = () => {
    if (document.querySelector(".frame-ended")) return;
    const box = document.createElement("div");
    box.className = "frame-ended";
    box.setAttribute("role", "alertdialog");
    const button = document.createElement("button");
    button.textContent = state.words.again;
    button.addEventListener("click", () => tell("reloadWindow", {}));
    box.append(state.words.ended, " ", button);
    document.body.append(box);
    button.focus();
  };
  const isOwn = (address) => address.origin === location.origin && (address.pathname === HOME || address.pathname.startsWith(`${HOME}/`));
  /** Sends a request with the token; an ended one is renewed once. */
  const send = async (address, options = {}) => {
    const once = () => {
      const headers = new Headers(options.headers);
      headers.set("authorization", `Bearer ${state.token}`);
      headers.set("accept-language", state.lang);
      // a cookie would not come back from a frame
      headers.set("x-leadgate-zone", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
      return native.fetch(address, { ...options, headers, credentials: "omit", referrerPolicy: "no-referrer" });
    };
    const reply = await once();
    if (reply.status !== 401) return reply;
    if (await renew()) return once();
    ended();
    return reply;
  };

  // ---- what the scripts of the pages use
  /** Server-sent events; the browser's own class sends no header. */
  class Stream extends EventTarget {
    constructor(address) {
      super();
      this.stop = new AbortController();
      state.streams.add(this);
      this.run(address);
    }
    async run(address) {
      const { signal } = this.stop;
      while (!signal.aborted) {
        try {
          const reply = await send(new URL(address, location.href), { signal });
          if (reply.ok) await this.read(reply.body.pipeThrough(new TextDecoderStream()).getReader());
        } catch { /* the connection is lost; it is tried again */ }
        await new Promise((resolve) => { native.delay(resolve, 3000); });
      }
    }
    async read(reader) {
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const parts = (rest + value).split("\n\n");
        rest = parts.pop();
        for (const part of parts) {
          const name = /^event: (.+)$/m.exec(part)?.[1];
          if (name) this.dispatchEvent(new Event(name));
        }
      }
    }
    close() { this.stop.abort(); state.streams.delete(this); }
  }
  /** Keeps what pages remember while the frame is open: its storage is blocked like its cookies. */
  const memory = () => {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, String(value)); },
      removeItem: (key) => { kept.delete(key); },
    };
  };
  const storage = () => { try { return Boolean(window.localStorage); } catch { return false; } };
  /** Copies without the permission that the portal does not give its frames. */
  const copy = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  /** A reply that is whole, for the page that asked. A page that is gone waits for ever, as after a navigation. */
  const whole = async (to, options) => {
    const { page } = state;
    const isGone = () => page !== state.page;
    try {
      const reply = await send(to, options);
      const body = await reply.arrayBuffer();
      if (!isGone()) return new Response(reply.status === 204 ? null : body, reply);
    } catch (error) {
      if (!isGone()) throw error;
    }
    return new Promise(() => {});
  };
  window.fetch = (address, options) => {
    const to = new URL(address instanceof Request ? address.url : address, location.href);
    return isOwn(to) ? whole(to, options) : native.fetch(address, options);
  };
  // timers end with their page
  for (const name of ["setTimeout", "setInterval"]) {
    const begin = window[name].bind(window);
    window[name] = (...told) => { const timer = begin(...told); state.timers.add(timer); return timer; };
  }
  window.EventSource = Stream;
  if (!storage()) Object.defineProperty(window, "localStorage", { value: memory() });
  const write = navigator.clipboard?.writeText.bind(navigator.clipboard);
  const writeText = async (text) => { try { await write(text); } catch { copy(text); } };
  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });

  // ---- pages
  const say = (text) => { const line = document.getElementById("said"); if (line) line.textContent = text; };
  /** Shows a page in place of this one. Its scripts run as in a new document. */
  const show = (html) => {
    for (const stream of [...state.streams]) stream.close();
    for (const timer of state.timers) clearTimeout(timer);
    state.timers.clear();
    state.page += 1;
    document.open();
    // opening has removed the listeners; these hear what is pressed before the page's own scripts run
    listen();
    document.write(state.tab ? html.replace(' class="in-portal', ' class="in-portal is-tab') : html);
    document.close();
    state.height = 0;
    new ResizeObserver(fit).observe(document.body);
    if (state.isPage) tell("setTitle", { title: document.title });
  };
  const download = async (reply) => {
    const name = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(reply.headers.get("content-disposition"))?.[1] ?? "download";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await reply.blob());
    link.download = decodeURIComponent(name);
    link.click();
    native.delay(() => URL.revokeObjectURL(link.href), 60_000);
  };
  /** Fetches a page and shows it. `how` is the method of the browser's history; none keeps the address. */
  const load = async (to, how, options = {}) => {
    // the editor asks before unsaved text is left
    const leaving = new Event("beforeunload", { cancelable: true });
    if (!window.dispatchEvent(leaving) && !window.confirm(state.words.leave)) return;
    // a second press sends nothing twice
    if (state.isSending) return;
    state.isSending = options.method === "POST";
    state.load += 1;
    const mine = state.load;
    let reply;
    try { reply = await send(to, { ...options, headers: { accept: "text/html" } }); } catch { say(state.words.lost); return; } finally { state.isSending = false; }
    if (mine !== state.load || reply.status === 401) return;
    if (reply.headers.get("content-disposition")?.startsWith("attachment")) { await download(reply); return; }
    const text = await reply.text();
    if (!reply.headers.get("content-type")?.startsWith("text/html")) { say(text); return; }
    const address = new URL(reply.url);
    if (how && isOwn(address)) history[how](null, "", address.pathname + address.search + to.hash);
    state.shown = location.pathname + location.search;
    show(text);
  };
  /** Follows an address as the frame does. Returns whether it did. */
  const follow = (to) => {
    if (isOwn(to) && !to.pathname.startsWith(`${HOME}/assets/`)) {
      const lang = to.searchParams.get("lang");
      if (lang) { state.lang = lang; to.searchParams.delete("lang"); }
      load(to, "pushState");
      return true;
    }
    if (to.origin !== state.portal) return false;
    tell("openPath", { path: to.pathname + to.search });
    return true;
  };
  const clicked = (event) => {
    const link = event.target.closest?.("a[href]");
    if (event.defaultPrevented || !link || link.hasAttribute("download")) return;
    const to = new URL(link.href);
    const isHere = to.hash && to.pathname === location.pathname && to.search === location.search;
    if (isHere || !to.protocol.startsWith("http")) return;
    if (follow(to)) event.preventDefault(); else link.target = "_blank";
  };
  const submitted = (event) => {
    const { target: form, submitter: button } = event;
    const method = (button?.getAttribute("formmethod") ?? form.getAttribute("method") ?? "get").toLowerCase();
    const to = new URL(button?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href, location.href);
    if (event.defaultPrevented || method === "dialog" || !isOwn(to)) return;
    event.preventDefault();
    const data = new URLSearchParams(new FormData(form, button));
    if (method === "get") { to.search = data; load(to, "pushState"); } else load(to, "pushState", { method: "POST", body: data });
  };
  const wentBack = (event) => {
    // only what stands after `#` has changed
    if (location.pathname + location.search === state.shown) return;
    // before htmx has its turn: it would ask for the page once more
    event.stopImmediatePropagation();
    load(new URL(location.href), null);
  };
  const htmxAsks = ({ detail: { headers } }) => {
    headers.authorization = `Bearer ${state.token}`;
    headers["accept-language"] = state.lang;
  };
  const htmxHears = (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 401) renew().then((isRenewed) => { if (!isRenewed) ended(); });
    const to = xhr.getResponseHeader("hx-redirect");
    if (!to) return;
    event.preventDefault();
    load(new URL(to, location.href), "pushState");
  };
  const listen = () => {
    window.addEventListener("message", answered);
    window.addEventListener("popstate", wentBack);
    document.addEventListener("click", clicked);
    document.addEventListener("submit", submitted);
    document.addEventListener("htmx:configRequest", htmxAsks);
    document.addEventListener("htmx:beforeOnLoad", htmxHears);
  };

  // ---- the frame fits the page
  const fit = () => {
    // the editor is as high as its window, and would grow with it
    const wanted = document.querySelector(".editor") ? 900 : Math.min(Math.max(document.body.scrollHeight, 300), 20_000);
    if (Math.abs(wanted - state.height) < 8) return;
    state.height = wanted;
    tell("resizeWindow", { width: "100%", height: wanted });
  };

  listen();
  later();
  const first = () => load(new URL(state.to, location.href), "replaceState");
  if (document.readyState === "complete") first(); else window.addEventListener("load", first);
})();
