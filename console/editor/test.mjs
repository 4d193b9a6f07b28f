// Tests what needs no browser: the smallest change between two texts, and the completion of keys.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CompletionContext } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { ensureSyntaxTree } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { completer } from "./completer.mjs";
import { changed } from "./difference.mjs";

// every change leads to the text that it was made for
let seed = 7;
const random = (below) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % below; };
const parts = ["a", "b: 1", "🙂", "🙃", "\n", "\n\n", "# é", "  x: y", "{{z}}"];
const text = () => Array.from({ length: random(12) }, () => parts[random(parts.length)]).join("");
for (let number = 0; number < 5000; number += 1) {
  const separator = number % 2 ? "\r\n" : "\n";
  const [before, next] = [text(), text()].map((it) => it.replaceAll("\n", separator));
  const state = EditorState.create({ doc: before, extensions: EditorState.lineSeparator.of(separator) });
  const change = changed(before, next, separator);
  const after = change ? state.update({ changes: change }).state : state;
  assert.equal(after.sliceDoc(), next, JSON.stringify({ before, next, change }));
}

const schema = JSON.parse(readFileSync(process.argv[2] ?? "../../docs/schema/profile.schema.json", "utf8"));
const complete = (marked) => {
  const at = marked.indexOf("|");
  const state = EditorState.create({ doc: marked.replace("|", ""), extensions: yaml() });
  ensureSyntaxTree(state, state.doc.length, 1000);
  const result = completer(schema)(new CompletionContext(state, at, true));
  return (result?.options ?? []).map((option) => option.label);
};
const has = (marked, ...labels) => {
  const found = complete(marked);
  for (const label of labels) assert.ok(found.includes(label), `${label} in ${marked}: ${found.join(" ")}`);
  return found;
};
has("|", "name", "receive", "deal");
assert.ok(!has("name: a\n|", "receive").includes("name"), "a key that is there is not offered again");
has("deal:\n  f|", "found", "fields");
has("deal:\n  found: |", "update", "always_create");
has("fields:\n  a: { from: $.a, a|", "as");
has("fields:\n  a: { from: $.a, as: |", "phone");
has("contact:\n  fields:\n    |", "PHONE");
has("deal:\n  fields:\n    TITLE: { value: x, on_update: |", "keep");
has("then:\n  - http: x\n    |", "method", "json");
assert.deepEqual(complete("# |"), []);
console.log("the editor's own code: ok");
