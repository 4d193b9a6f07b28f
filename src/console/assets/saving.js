// The dialog that saves a profile: the changed lines, how packets fare, and what becomes of the text of
// somebody else who has saved the file meanwhile. Nothing is written before a person has seen it.
window.LeadgateSaving = (editor) => {
  "use strict";
  const { find, state, words, may, page, base, text, send, json, told, say, notice, follow } = editor;
  const difference = (before, after) => {
    const [a, b] = [before.split("\n"), after.split("\n")];
    let start = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
    let end = 0;
    while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
    const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
    if (x.length * y.length > 4e6) return [...x.map((line) => ["-", line]), ...y.map((line) => ["+", line])];
    const most = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
    for (let i = x.length - 1; i >= 0; i -= 1) for (let j = y.length - 1; j >= 0; j -= 1) {
      most[i][j] = x[i] === y[j] ? most[i + 1][j + 1] + 1 : Math.max(most[i + 1][j], most[i][j + 1]);
    }
    const lines = a.slice(Math.max(0, start - 2), start).map((line) => [" ", line]);
    let [i, j] = [0, 0];
    while (i < x.length || j < y.length) {
      if (i < x.length && j < y.length && x[i] === y[j]) { lines.push([" ", x[i]]); i += 1; j += 1; }
      else if (j >= y.length || (i < x.length && most[i + 1][j] >= most[i][j + 1])) { lines.push(["-", x[i]]); i += 1; }
      else { lines.push(["+", y[j]]); j += 1; }
    }
    return [...lines, ...a.slice(a.length - end).slice(0, 2).map((line) => [" ", line])];
  };
  const dialog = find("saving");
  const showDifference = (before, after) => {
    const diff = find("saving-diff");
    diff.textContent = "";
    for (const [sign, line] of difference(before, after)) {
      const row = document.createElement("span");
      row.className = { "+": "added", "-": "removed", " ": "same" }[sign];
      row.textContent = `${sign} ${line}\n`;
      diff.append(row);
    }
  };
  const request = () => ({
    text: text(), base: state.hash, note: find("saving-note").value,
    ...(state.choices && { choices: state.choices, theirs: state.theirs }),
  });
  const open = async () => {
    if (!may.save || dialog.open) return;
    if (!editor.isChanged()) { say(words.nothing); return; }
    state.choices = null;
    find("saving-conflicts").textContent = "";
    find("saving-notices").textContent = "";
    showDifference(state.file, text());
    const hasErrors = state.problems.some((problem) => problem.severity === "error");
    if (hasErrors) find("saving-notices").textContent = words.mistakes;
    find("saving-save").disabled = true;
    editor.listProblems(find("saving-problems"));
    dialog.showModal();
    find("saving-note").focus();
    editor.part("/editor/recent", editor.body(), find("saving-recent"));
    const clash = state.isNew ? null : await json("/clash", request());
    if (clash?.conflicts) meet(clash);
    find("saving-save").disabled = hasErrors;
  };
  const save = async () => {
    if (find("saving-save").disabled) return;
    find("saving-save").disabled = true;
    const sent = text();
    const reply = await send("/save", request());
    find("saving-save").disabled = false;
    if (!reply) { find("saving-notices").textContent = words.ended; return; }
    const clash = reply.status === 409 && await reply.clone().json().catch(() => null);
    if (clash?.conflicts) { meet(clash); return; }
    if (!reply.ok) {
      find("saving-notices").textContent = await told(reply);
      return;
    }
    done(sent, await reply.json());
  };
  const done = (sent, answer) => {
    // a new profile has an address of its own now
    if (location.pathname !== new URL(base, location.href).pathname) {
      history.replaceState(null, "", `${base}?mode=${state.mode}${state.packet.id ? `&packet=${state.packet.id}` : ""}`);
    }
    state.isNew = false;
    state.isDraftOpen = false;
    state.hash = answer.hash;
    // the gateway may have merged what others saved meanwhile
    state.file = answer.text ?? sent;
    if (text() === sent && state.file !== sent) state.editor.replace(state.file);
    dialog.close();
    find("saving-note").value = "";
    notice("changed", "");
    notice("draft", "");
    say(answer.at_work ? `${words.saved}, ${words.works} v${answer.version}` : `${words.saved}: v${answer.version}`);
    if (answer.waited) {
      const stem = page.dataset.file.replace(/\.ya?ml$/, "");
      const list = `${base.slice(0, base.indexOf("/profiles/"))}/history?profile=${encodeURIComponent(stem)}`;
      notice("waited", words.waited.replace("{count}", answer.waited), [words.history, () => follow(list), "second"]);
    }
    localStorage.removeItem(editor.key);
    editor.after();
  };
  /** Shows the text that both make together, or lets the author choose for each entry. */
  const meet = (answer) => {
    const earlier = state.choices ?? [];
    state.choices = [];
    state.theirs = answer.theirs_hash;
    find("saving-conflicts").textContent = "";
    if (answer.conflicts.length) {
      find("saving-notices").textContent = `${answer.message}. ${words.conflict}`;
      for (const [index, one] of answer.conflicts.entries()) find("saving-conflicts").append(choice(one, index, earlier));
      chosen();
      return;
    }
    const isMerged = answer.merged !== null;
    state.choices = earlier;
    find("saving-notices").textContent = `${answer.message}. ${isMerged ? words.merged : words.unmerged}`;
    // without a common beginning, the author's text stands beside theirs, line by line
    if (!isMerged) { state.hash = answer.theirs_hash; state.file = answer.theirs ?? ""; state.choices = null; }
    showDifference(answer.theirs ?? "", answer.merged ?? text());
  };
  /** Shows what the choices make of the other text. */
  const chosen = async () => {
    const asked = JSON.stringify(state.choices);
    // what was not shown is not written: until then the server answers with the whole again
    state.theirs = "";
    const answer = await json("/clash", request());
    if (!answer?.conflicts || asked !== JSON.stringify(state.choices)) return;
    if (answer.conflicts.length) { meet(answer); return; }
    state.theirs = answer.theirs_hash;
    showDifference(answer.theirs ?? "", answer.merged ?? text());
  };
  const choice = (one, index, earlier) => {
    const isThis = (it) => JSON.stringify(it.path) === JSON.stringify(one.path);
    const pick = (take) => { state.choices = [...state.choices.filter((it) => !isThis(it)), { path: one.path, take }]; };
    const was = earlier.find(isThis)?.take ?? "ours";
    pick(was);
    const set = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = one.place;
    set.append(legend);
    for (const side of ["ours", "theirs"]) {
      const label = document.createElement("label");
      label.className = "line";
      const input = document.createElement("input");
      input.type = "radio";
      input.name = `conflict-${index}`;
      input.checked = was === side;
      input.addEventListener("change", () => { pick(side); chosen(); });
      const value = document.createElement("code");
      const written = one[side];
      value.textContent = written === null || written === undefined ? words.removed : typeof written === "string" ? written : JSON.stringify(written);
      label.append(input, `${words[side]}: `, value);
      set.append(label);
    }
    return set;
  };
  find("saving-note").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); save(); } });
  find("saving-save").addEventListener("click", () => save());
  return open;
};
