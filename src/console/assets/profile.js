// The editor page of a profile. The text is the truth: CodeMirror keeps it, the server makes the form,
// the tree and the preview of it, and turns a change of the form into a changed text.
(() => {
  "use strict";
  const page = document.getElementById("editor");
  if (!page) return;
  const words = JSON.parse(page.dataset.words);
  const base = page.dataset.base;
  const may = { edit: page.dataset.edit !== undefined, save: false };
  const lang = document.documentElement.lang;
  const find = (id) => document.getElementById(id);
  const key = `leadgate-draft:${page.dataset.file}`;
  const state = {
    hash: null, theirs: null, file: "", packet: {}, pending: [], read: 0, tree: 0, target: null, mode: "form",
    isRowShown: false, isDraftOpen: true, added: null, problems: [], changes: Promise.resolve(), editor: null, choices: null, isNew: false,
  };

  const notices = find("editor-notices");
  /** Shows a line above the editor until it is replaced by one of the same name; empty removes it. */
  const notice = (name, text, ...buttons) => {
    notices.querySelector(`[data-notice="${name}"]`)?.remove();
    if (!text) return;
    const line = document.createElement("p");
    line.className = "notice";
    line.dataset.notice = name;
    line.setAttribute("role", "status");
    line.append(text, " ");
    for (const [label, press, look] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = look ?? "";
      button.textContent = label;
      button.addEventListener("click", () => { line.remove(); press(); });
      line.append(button, " ");
    }
    notices.append(line);
  };
  /** Leads to another page, as a link does: in a frame of a portal a script brings it. */
  const follow = (address) => {
    const link = Object.assign(document.createElement("a"), { href: address });
    document.body.append(link);
    link.click();
    link.remove();
  };
  const say = (text) => { const line = find("said"); if (line && text) { line.textContent = text; setTimeout(() => { if (line.textContent === text) line.textContent = ""; }, 5000); } };

  /** Sends a request; what fails is told, and what was typed stays. */
  const send = async (path, body) => {
    let reply;
    try {
      reply = await fetch(base + path, {
        method: body ? "POST" : "GET",
        headers: { ...JSON.parse(document.body.getAttribute("hx-headers")), accept: "application/json", "content-type": "application/json", "hx-request": "true" },
        body: body && JSON.stringify(body),
      });
    } catch {
      keep();
      notice("connection", words.lost);
      return null;
    }
    if (reply.status === 401 || reply.redirected) {
      keep();
      // console.js takes the token of a session that begins in another tab
      document.body.dispatchEvent(new Event("session-ended"));
      notice("connection", words.ended, ["↗", () => window.open(`${base}?mode=${state.mode}`, "_blank")]);
      return null;
    }
    notice("connection", "");
    return reply;
  };
  /** What a refusal says. */
  const told = async (reply) => {
    const said = await reply.text();
    return said.startsWith("{") ? JSON.parse(said).message : said;
  };
  const json = async (path, body) => {
    const reply = await send(path, body);
    if (!reply) return null;
    if (!reply.ok && reply.status !== 409) { say(await told(reply)); return null; }
    return { status: reply.status, ...(await reply.json()) };
  };
  const part = async (path, body, place) => {
    place.classList.add("is-waiting");
    const reply = await send(path, body);
    place.classList.remove("is-waiting");
    if (!reply) return;
    const text = await reply.text();
    if (reply.ok) { place.innerHTML = text; times(place); } else place.textContent = text;
  };
  // console.js shows moments in the viewer's zone
  const times = (root) => root.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));

  const text = () => state.editor.text();
  const body = (more) => ({ text: text(), packet: state.packet, pending: state.pending, ...more });
  const isChanged = () => state.editor && (state.isNew || text() !== state.file);

  // ---- the draft in this browser, without packets: what a person has typed, not what began the page
  const untouched = () => (state.isNew ? page.dataset.unsaved : state.file);
  const keep = () => {
    try {
      if (state.editor && text() !== untouched()) localStorage.setItem(key, JSON.stringify({ text: text(), hash: state.hash, at: Date.now() }));
      else if (!state.isDraftOpen) localStorage.removeItem(key);
    } catch { /* a full store of the browser loses no text of the page */ }
  };
  const offerDraft = () => {
    let draft = null;
    state.isDraftOpen = false;
    try { draft = JSON.parse(localStorage.getItem(key)); } catch { return; }
    if (!draft || draft.text === state.file || draft.text === untouched()) return;
    state.isDraftOpen = true;
    const at = new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "short", timeZone: document.body.dataset.zone }).format(draft.at);
    notice("draft", words.draft.replace("{time}", at),
      [words.take, () => { state.isDraftOpen = false; state.hash = draft.hash ?? state.hash; state.editor.replace(draft.text); shown(); }],
      [words.drop, () => { state.isDraftOpen = false; localStorage.removeItem(key); }, "second"]);
  };

  // ---- reading: the latest answer wins
  let timer = null;
  const later = (after = 300) => { clearTimeout(timer); timer = setTimeout(read, after); };
  const read = async () => {
    clearTimeout(timer);
    const number = ++state.read;
    find("preview").classList.add("is-old");
    const answer = await json("/editor/read", body());
    if (answer && number === state.read) show(answer);
  };

  /** What tells a control of the form from all others. */
  const nameOf = (control) => {
    const row = control.closest("[data-op]");
    if (!row) return null;
    const index = [...row.querySelectorAll("input,select,textarea,button")].indexOf(control);
    return JSON.stringify([row.dataset.op, row.dataset.path ?? row.dataset.block ?? row.dataset.from ?? "", row.dataset.key ?? "", index]);
  };
  const form = find("form");
  const show = (answer) => {
    state.problems = answer.problems;
    state.editor.problems(answer.problems, words.replace);
    listProblems(find("problems"));
    find("preview").innerHTML = answer.preview;
    find("preview").classList.remove("is-old");
    find("crm-changes")?.classList.add("is-old");
    find("recent")?.classList.add("is-old");
    chips(answer.uses);
    find("locked").innerHTML = answer.locked ?? "";
    form.inert = Boolean(answer.locked);
    form.classList.toggle("is-locked", Boolean(answer.locked));
    if (answer.form !== undefined) renderForm(answer.form);
    if (answer.portal !== undefined) find("portal").innerHTML = answer.portal;
    times(page);
    shown();
    rest();
    if (answer.about && !state.isRowShown && state.packet.id === page.dataset.packet) showRow(answer.about);
  };
  /** Lists what is wrong, each with a button that leads to its line. */
  const listProblems = (place) => {
    place.textContent = "";
    for (const problem of state.problems) {
      const row = document.createElement("p");
      row.className = `row-problem is-${problem.severity}`;
      const kind = document.createElement("span");
      kind.textContent = `${words[problem.severity]}: `;
      row.append(kind, [problem.message, problem.advice].filter(Boolean).join("; "));
      if (problem.line > 0) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "link";
        button.textContent = `${words.line} ${problem.line}`;
        button.addEventListener("click", () => { find("saving").close(); mode("yaml"); state.editor.goTo(problem.line, problem.column || 1); });
        row.append(" ", button);
      }
      place.append(row);
    }
  };
  /** Leads to the row that keeps the packet of the address from being delivered. */
  const showRow = (about) => {
    state.isRowShown = true;
    const [block, ...rest] = about.split(".");
    const place = JSON.stringify(block === "fields" ? [block, ...rest] : [block, "fields", ...rest]);
    const row = form.querySelector(`[data-place="${CSS.escape(place)}"]`);
    const more = row?.nextElementSibling?.querySelector("details");
    if (more) more.open = true;
    (row?.querySelector("input:not(.name), select, textarea") ?? row)?.focus();
    row?.scrollIntoView({ block: "center" });
    row?.classList.add("is-target");
  };
  const renderForm = (html) => {
    const active = form.contains(document.activeElement) ? document.activeElement : null;
    const name = active && nameOf(active);
    const isTyped = active?.matches("input:not([type=checkbox]), textarea") && active.value !== active.defaultValue;
    const typed = isTyped ? active.value : null;
    const cursor = active?.selectionStart ?? null;
    const open = [...form.querySelectorAll("details[open][data-more]")].map((it) => it.dataset.more);
    form.innerHTML = html;
    for (const details of form.querySelectorAll("details[data-more]")) if (open.includes(details.dataset.more)) details.open = true;
    const again = name && [...form.querySelectorAll("input,select,textarea,button")].find((it) => nameOf(it) === name);
    if (again) {
      again.focus({ preventScroll: true });
      if (typed !== null) again.value = typed;
      if (cursor !== null && again.setSelectionRange && again.type === "text") again.setSelectionRange(cursor, cursor);
    }
    if (!may.edit) for (const control of form.querySelectorAll("input,select,textarea,button:not([data-line])")) control.disabled = true;
    const added = state.added && form.querySelector(`[data-target="${CSS.escape(state.added)}"] input`);
    if (added) { state.added = null; added.focus(); }
    light();
  };

  // ---- changes of the form, one after another
  const change = (what, packet) => {
    state.changes = state.changes.then(async () => {
      clearTimeout(timer);
      const before = text();
      const answer = await json("/editor/change", { ...body({ change: what }), packet: packet ?? state.packet });
      // what was refused stays as it was typed
      if (!answer) return;
      if (answer.ask) { ask(answer.ask, what, packet); return; }
      // somebody has typed in the text meanwhile: the change is made in what stands there now
      if (text() !== before) { change(what, packet); return; }
      // a read that has begun since then answers for the text before
      state.read += 1;
      state.editor.replace(answer.text);
      show(answer);
      say(answer.said);
    }).catch((error) => say(String(error)));
  };
  const ask = (html, what, packet) => {
    const dialog = find("ask");
    find("ask-body").innerHTML = html;
    for (const button of dialog.querySelectorAll("[data-path]")) {
      button.addEventListener("click", () => { dialog.close(); change({ ...what, path: button.dataset.path }, packet); });
    }
    dialog.showModal();
  };
  const valueOf = (control) => {
    const { type, list, keep: keeps } = control.dataset;
    if (type === "json") return control.value === "" ? null : JSON.parse(control.value);
    if (type === "check") return control.checked ? true : null;
    const value = control.value;
    if (type === "flag") return value === "" ? null : value === "true";
    if (type === "list") {
      const lines = value.split("\n").map((line) => line.trim()).filter(Boolean);
      if (lines.length === 0) return null;
      return lines.length === 1 && list === undefined ? lines[0] : lines;
    }
    if (value !== "") return value;
    return keeps !== undefined && JSON.parse(control.dataset.path).at(-1) === "value" ? "" : null;
  };
  const path = (element) => JSON.parse(element.dataset.path);
  /** A group of search fields without a field is none, and a list without a group is nothing. */
  const group = (control) => {
    const place = control.closest(".group");
    const codes = [...place.querySelectorAll("input:checked")].map((it) => it.value);
    const alone = place.parentElement.querySelectorAll(".group").length === 1;
    if (codes.length) change({ op: "set", path: path(control), value: codes });
    else change({ op: "remove", path: alone ? path(control).slice(0, -1) : path(control) });
  };
  form.addEventListener("change", (event) => {
    const control = event.target;
    const { op } = control.dataset;
    if (op === "set") change({ op, path: path(control), value: valueOf(control) });
    else if (op === "inner") change({ op, path: path(control), of: control.dataset.of, key: control.dataset.key, value: valueOf(control) });
    else if (op === "group") group(control);
    else if (op === "rename") change({ op, path: path(control), to: control.value.trim() });
    else if (op === "rename-field") change({ op: "rename_field", from: control.dataset.from, to: control.value.trim() });
    else if (op === "record" && control.value) change({ op, from: control.dataset.from, to: control.value });
  });
  const pressed = (button) => {
    const row = button.closest("[data-op]");
    if (button.dataset.line) {
      if (button.dataset.op === "fix") {
        const { line, column, length, value } = button.dataset;
        change({ op: "fix", line: Number(line), column: Number(column), length: Number(length), value });
      } else { mode("yaml"); state.editor.goTo(Number(button.dataset.line), Number(button.dataset.column ?? 1)); }
      return;
    }
    if (!row) return;
    const inputs = [...row.querySelectorAll("input")];
    const [first, second] = inputs.map((input) => input.value.trim());
    switch (row.dataset.op) {
      case "remove": {
        const isLast = row.closest(".group") && row.closest("fieldset").querySelectorAll(".group").length === 1;
        change({ op: "remove", path: isLast ? path(row).slice(0, -1) : path(row) });
        break;
      }
      case "set": case "append": change({ op: row.dataset.op, path: path(row), value: JSON.parse(row.dataset.value) }); break;
      case "pair": if (first) change({ op: "set", path: [...path(row), first], value: second }); break;
      case "add-declared": if (first && second) change({ op: "set", path: [...path(row), first], value: second }); break;
      case "add-field":
        if (first) {
          state.pending.push([row.dataset.block, first]);
          state.added = JSON.stringify([row.dataset.block, "fields", first]);
          read();
        }
        break;
    }
  };
  page.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "dictionary") { part("/editor/dictionary", body(), find("portal")).then(read); return; }
    if (button.id === "paste-button") { find("paste").showModal(); return; }
    if (button.dataset.packet) { choose({ id: button.dataset.packet }); return; }
    if (form.contains(button) || find("locked").contains(button)) pressed(button);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") {
      const button = event.target.closest("[data-op]:not(input)")?.querySelector("button");
      if (button) { event.preventDefault(); button.click(); }
      else { event.preventDefault(); event.target.dispatchEvent(new Event("change", { bubbles: true })); }
    }
  });

  // ---- the field that a value of the packet goes into: the one that was focused last
  const setTarget = (target) => { state.target = target; light(); };
  const light = () => {
    for (const row of form.querySelectorAll(".is-target")) row.classList.remove("is-target");
    if (state.target) form.querySelector(`[data-target="${CSS.escape(state.target)}"]`)?.classList.add("is-target");
  };
  form.addEventListener("focusin", (event) => setTarget(event.target.closest("[data-target]")?.dataset.target ?? null));

  // ---- the packet
  const choose = (packet) => {
    state.packet = packet;
    const address = new URL(location.href);
    if (packet.id) address.searchParams.set("packet", packet.id); else address.searchParams.delete("packet");
    history.replaceState(null, "", address);
    const menu = find("packet-menu");
    if (menu) menu.value = [...menu.options].some((it) => it.value === packet.id) ? packet.id : "";
    const sample = find("packet-sample");
    if (sample) sample.hidden = !packet.sample;
    loadTree();
    read();
  };
  const loadTree = async () => {
    const number = ++state.tree;
    const reply = await send("/editor/tree", body());
    if (!reply || number !== state.tree) return;
    const place = find("tree-place");
    const said = await reply.text();
    if (reply.ok) place.innerHTML = said; else place.textContent = said;
    const first = place.querySelector("[role=treeitem]");
    if (first) first.tabIndex = 0;
    find("tree-filter")?.addEventListener("input", filterTree);
    chips(state.uses ?? {});
  };
  const chips = (uses) => {
    state.uses = uses ?? state.uses;
    for (const item of document.querySelectorAll("#tree [data-leaf]")) {
      const own = state.uses?.[item.dataset.place] ?? [];
      const place = item.querySelector(":scope > .node > .chips");
      place.textContent = "";
      for (const name of own) {
        const chip = document.createElement("span");
        chip.className = "chip";
        chip.textContent = name;
        place.append(" ", chip);
      }
    }
  };
  const filterTree = () => {
    const wanted = find("tree-filter").value.toLowerCase();
    const visit = (item) => {
      const own = item.querySelector(":scope > .node").textContent.toLowerCase().includes(wanted);
      const below = [...item.querySelectorAll(":scope > ul > li")].map(visit).some(Boolean);
      item.hidden = !(own || below);
      return own || below;
    };
    for (const item of document.querySelectorAll("#tree > li")) visit(item);
  };
  const take = (item) => {
    if (item.dataset.leaf === undefined) { toggle(item); return; }
    if (!may.edit || form.inert) return;
    const what = { op: "take", at: JSON.parse(item.dataset.at), target: state.target ? JSON.parse(state.target) : null };
    const packet = item.dataset.in ? { id: item.dataset.in } : undefined;
    setTarget(null);
    change(what, packet);
  };
  const toggle = (item, is) => {
    if (!item.hasAttribute("aria-expanded")) return false;
    const open = is ?? item.getAttribute("aria-expanded") !== "true";
    item.setAttribute("aria-expanded", String(open));
    return true;
  };
  const packetPlace = page.querySelector(".packet");
  packetPlace.addEventListener("click", (event) => {
    const node = event.target.closest(".node");
    if (node) { go(node.parentElement); take(node.parentElement); }
  });
  // the field in the form keeps its place while a value is chosen with the mouse
  packetPlace.addEventListener("mousedown", (event) => { if (event.target.closest(".node")) event.preventDefault(); });
  const go = (item) => {
    for (const other of document.querySelectorAll("#tree [tabindex='0']")) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus({ preventScroll: false });
  };
  packetPlace.addEventListener("keydown", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    const all = [...document.querySelectorAll("#tree [role=treeitem]")].filter((it) =>
      !it.hidden && !it.parentElement.closest("[aria-expanded=false]") && !it.parentElement.closest("li[hidden]"));
    const at = all.indexOf(item);
    const steps = {
      ArrowDown: () => all[at + 1], ArrowUp: () => all[at - 1], Home: () => all[0], End: () => all.at(-1),
      ArrowRight: () => item.getAttribute("aria-expanded") === "false" ? (toggle(item, true), item) : all[at + 1],
      ArrowLeft: () => item.getAttribute("aria-expanded") === "true" ? (toggle(item, false), item) : item.parentElement.closest("[role=treeitem]"),
    };
    if (steps[event.key]) { event.preventDefault(); const next = steps[event.key](); if (next) go(next); }
    else if (event.key === "Enter" || event.key === " ") { event.preventDefault(); take(item); }
  });
  packetPlace.addEventListener("change", (event) => { if (event.target.id === "packet-menu") choose({ id: event.target.value || null }); });
  find("paste").addEventListener("close", () => {
    const sample = find("paste-text").value;
    if (find("paste").returnValue === "use" && sample.trim()) choose({ sample });
  });
  // ---- the comparison with the CRM: by hand, or two seconds after the last change
  let resting = null;
  const compare = async (asked) => {
    clearTimeout(resting);
    const now = () => JSON.stringify([text(), state.packet]);
    const [before, place] = [now(), find("crm-changes")];
    state.compared = text();
    place.classList.remove("is-old");
    await part("/editor/crm", body({ asked }), place);
    if (before !== now()) place.classList.add("is-old");
  };
  const rest = () => {
    clearTimeout(resting);
    const hasPacket = state.packet.id || state.packet.sample;
    const hasErrors = state.problems.some((problem) => problem.severity === "error");
    if (!find("compare-rested")?.checked || !hasPacket || hasErrors || text() === state.compared) return;
    resting = setTimeout(() => compare("by_page"), 2000);
  };
  find("compare")?.addEventListener("click", () => compare("by_person"));
  find("compare-rested")?.addEventListener("change", rest);
  find("recent-button")?.addEventListener("click", () => { find("recent").classList.remove("is-old"); part("/editor/recent", body(), find("recent")); });

  // ---- form and text
  const narrow = window.matchMedia("(max-width: 640px)");
  const mode = (next) => {
    state.mode = next;
    find("mode-form").setAttribute("aria-pressed", String(next === "form"));
    find("mode-yaml").setAttribute("aria-pressed", String(next === "yaml"));
    form.hidden = next !== "form";
    find("portal").hidden = next !== "form";
    find("yaml").hidden = next !== "yaml";
    const address = new URL(location.href);
    address.searchParams.set("mode", next);
    history.replaceState(null, "", address);
    if (next === "yaml") state.editor?.refresh();
  };
  find("mode-form").addEventListener("click", () => mode("form"));
  find("mode-yaml").addEventListener("click", () => { mode("yaml"); state.editor.focus(); });
  const undo = () => { if (state.editor.undo()) later(0); };
  const redo = () => { if (state.editor.redo()) later(0); };
  find("undo")?.addEventListener("click", undo);
  find("redo")?.addEventListener("click", redo);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    // letters by their place, so that a Russian keyboard works
    if (event.code === "KeyS") { event.preventDefault(); openSaving(); return; }
    const active = document.activeElement;
    if (find("yaml").contains(active) || active?.closest("dialog")) return;
    const isTyping = active?.matches("input:not([type=checkbox]), textarea") && active.value !== active.defaultValue;
    if (isTyping || !may.edit) return;
    if (event.code === "KeyZ" && !event.shiftKey) { event.preventDefault(); undo(); }
    else if (event.code === "KeyY" || event.code === "KeyZ") { event.preventDefault(); redo(); }
  });
  const shown = () => {
    const changed = isChanged();
    find("editor-state").textContent = changed ? words.unsaved : words.clean;
    if (find("save")) find("save").disabled = !may.save || !changed;
    keep();
  };
  window.addEventListener("beforeunload", (event) => { if (isChanged()) { keep(); event.preventDefault(); } });
  find("download").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text()], { type: "application/yaml" }));
    link.download = page.dataset.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // ---- saving
  const openSaving = LeadgateSaving({
    find, state, words, may, page, base, key, text, isChanged, send, json, part, told, say, notice, follow, listProblems, body,
    after: () => { loadMenu(); read(); },
  });
  find("save")?.addEventListener("click", openSaving);

  // ---- others change the file meanwhile
  document.body.addEventListener("profiles", async () => {
    const now = await json("/state");
    if (!now || now.hash === state.hash) return;
    if (!isChanged()) {
      state.hash = now.hash; state.file = now.text;
      state.editor.replace(now.text);
      read();
      return;
    }
    notice("changed", words.changed.replace("{who}", now.saved_by ?? words.disk));
  });

  // ---- start
  const loadMenu = async () => {
    await part("/editor/packets", body(), find("packets"));
    const menu = find("packet-menu");
    const format = new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "short", timeZone: document.body.dataset.zone });
    for (const option of menu?.querySelectorAll("[data-at]") ?? []) {
      option.textContent = format.format(new Date(option.dataset.at)) + option.dataset.rest;
    }
    if (menu && state.packet.id) menu.value = [...menu.options].some((it) => it.value === state.packet.id) ? state.packet.id : "";
    return menu;
  };
  const start = async () => {
    const reply = await send("/state");
    if (!reply) return;
    if (!reply.ok) { notice("state", await told(reply)); return; }
    const now = await reply.json();
    state.hash = now.hash;
    state.file = now.text;
    may.save = may.edit && now.may_save && !narrow.matches;
    if (may.edit && !now.may_save && now.why_not) notice("folder", now.why_not);
    if (now.in_git) notice("git", words.git);
    if (narrow.matches) { may.edit = false; notice("narrow", words.narrow); }
    state.editor = LeadgateEditor.mount(find("yaml"), {
      text: now.text, label: words.editor, readOnly: !may.edit, phrases: words.phrases, schema: null,
      onChange: (_, isTyped) => { shown(); if (isTyped) later(); },
    });
    state.compared = now.text;
    const { unsaved } = page.dataset;
    if (unsaved && unsaved !== now.text) { state.isNew = true; state.editor.replace(unsaved); }
    mode(page.dataset.mode);
    const line = Number(new URLSearchParams(location.search).get("line"));
    if (line > 0 && page.dataset.mode === "yaml") state.editor.goTo(line, 1);
    state.packet = page.dataset.packet ? { id: page.dataset.packet } : {};
    offerDraft();
    const menu = await loadMenu();
    if (!state.packet.id && menu && menu.options.length > 1) state.packet = { id: menu.options[1].value };
    choose(state.packet);
    const schema = await send("/editor/schema");
    if (schema?.ok) state.editor.schema(await schema.json());
    if (!find("portal").querySelector("time")) { await part("/editor/dictionary", body(), find("portal")); read(); }
    if (may.edit) part("/editor/staff", body(), find("staff"));
    page.dataset.ready = "";
  };
  start();
})();
