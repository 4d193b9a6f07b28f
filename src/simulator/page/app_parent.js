// The stand-in for the portal's script: answers the page in the frame.
(() => {
  "use strict";
  const root = document.getElementById("application");
  const note = document.getElementById("application-note");
  const messages = document.getElementById("application-messages");
  const frame = root.querySelector("iframe");
  const { origin, sid, app, user, place, back } = root.dataset;
  const init = JSON.parse(root.dataset.init);
  const english = document.documentElement.lang === "en";

  function log(text) {
    const line = document.createElement("li");
    line.textContent = text.slice(0, 300);
    messages.append(line);
    if (messages.children.length > 100) messages.firstElementChild.remove();
  }

  async function ask(what, more = {}) {
    const body = new URLSearchParams({ app, as: user, ...more });
    const answer = await fetch(`/sandbox/app/ask/${what}`, { method: "POST", body });
    return answer.ok ? answer.json() : undefined;
  }

  function answer(key, value) {
    if (!key) return;
    const text = value === undefined ? "" : JSON.stringify(value);
    frame.contentWindow.postMessage(`${key}:${text}`, origin);
  }

  // pages of the portal that the sandbox has
  function local(path) {
    const found = /^\/crm\/(deal|lead|contact|company)\/(?:details\/(\d+)\/|list\/|kanban\/|$)/.exec(path);
    if (!found) return undefined;
    const [, kind, id] = found;
    if (id) return `/sandbox/${kind}/${id}`;
    return { deal: "/sandbox", lead: "/sandbox/leads", contact: "/sandbox/contacts", company: "/sandbox/companies" }[kind];
  }

  const size = (value) => Math.min(Math.max(Number.parseInt(value, 10) || 0, 100), 20000);

  const commands = {
    getInitData: (_, key) => answer(key, init),
    async setInstallFinish() {
      if (!init.INSTALL) return;
      const finished = await ask("finish");
      const target = new URL(location.href);
      target.searchParams.set("install_finished", finished ? "Y" : "N");
      location.assign(target);
    },
    async refreshAuth(_, key) {
      const fresh = await ask("auth");
      if (fresh) answer(key, fresh);
      else note.textContent = english ? "The portal gave no fresh tokens." : "Портал не выдал новые токены.";
    },
    resizeWindow({ width, height }, key) {
      // a slider keeps its size
      if (place === "slider") return;
      if (height) frame.style.height = `${size(height)}px`;
      if (width && width !== "100%") frame.style.width = `${size(width)}px`;
      answer(key, { width: frame.offsetWidth, height: frame.offsetHeight });
    },
    setTitle({ title }, key) {
      if (place !== "page") return;
      document.getElementById("pagetitle").textContent = title;
      answer(key);
    },
    setScroll: ({ scroll }) => scrollTo(0, Number(scroll) || 0),
    openPath({ path }, key) {
      const target = String(path).startsWith("/") ? local(new URL(path, location.origin).pathname) : undefined;
      if (!target) return answer(key, { result: "error", errorCode: "PATH_NOT_AVAILABLE" });
      location.assign(english ? `${target}?lang=en` : target);
    },
    openApplication() {
      const target = new URL("/sandbox/app/open", location.origin);
      target.search = new URLSearchParams({ app, as: user, ...(english ? { lang: "en" } : {}) });
      location.assign(target);
    },
    closeApplication: () => location.assign(back),
    reloadWindow: () => location.reload(),
    // not over lists
    reloadData: (_, key) => place === "tab" && answer(key),
    async setAppOption({ name, value }, key) {
      await ask("app-option", { name, value });
      answer(key);
    },
    async setUserOption({ name, value }, key) {
      await ask("user-option", { name, value });
      answer(key);
    },
    setInstall: (_, key) => answer(key),
    getInterface: (_, key) => answer(key, { command: Object.keys(commands), event: [] }),
    imPhoneTo({ phone }) {
      note.textContent = String(phone ?? "");
    },
  };

  addEventListener("message", (event) => {
    // messages of other pages and of earlier openings get no answer
    if (event.source !== frame.contentWindow || event.origin !== origin || typeof event.data !== "string") return;
    const parts = event.data.split(":");
    if (parts.length < 3 || parts.pop() !== sid) return;
    const [name, key] = [parts.shift(), parts.pop()];
    let params = {};
    try {
      params = JSON.parse(parts.join(":") || "{}") ?? {};
    } catch {
      return;
    }
    log(`${name} ${parts.join(":")}`);
    if (Object.hasOwn(commands, name)) commands[name](params, key);
  });

  root.querySelector("form").submit();
})();
