// Completion of keys and words from the JSON schema of profiles.
import { syntaxTree } from "@codemirror/language";

const INDENT = /^(\s*(?:- )*)/;
const KEY = /^\s*(?:- )*(?:"([^"]*)"|'([^']*)'|([^\s#:{}[\],"']+))\s*:/;

/** Returns the keys above a line, by indentation, the outermost first. */
function above(doc, number, depth) {
  const keys = [];
  let limit = depth;
  for (let at = number - 1; at > 0 && limit > 0; at -= 1) {
    const line = doc.line(at).text;
    if (!line.trim() || line.trim().startsWith("#")) continue;
    const indent = INDENT.exec(line)[1].length;
    const key = KEY.exec(line);
    if (key && indent < limit) {
      keys.unshift(key[1] ?? key[2] ?? key[3]);
      limit = indent;
    }
  }
  return keys;
}

/** Returns the keys of the flow blocks that are open before a place of a line. */
function inFlow(before) {
  const open = [];
  let key = "";
  for (const part of before.match(/"[^"]*"|'[^']*'|[{}[\]:,]|[^\s{}[\]:,"']+/g) ?? []) {
    if (part === "{" || part === "[") { open.push(key); key = ""; }
    else if (part === "}" || part === "]") { open.pop(); key = ""; }
    else if (part === ",") key = "";
    else if (part !== ":" && !key) key = part.replace(/^["']|["']$/g, "");
  }
  return open;
}

/** Returns the parts of a schema that may describe a value. */
function variants(schema, root) {
  if (!schema || typeof schema !== "object") return [];
  if (schema.$ref) return variants(schema.$ref.split("/").slice(1).reduce((at, key) => at?.[key], root), root);
  return [schema, ...(schema.anyOf ?? []).flatMap((one) => variants(one, root))];
}

function inside(schema, key, root) {
  for (const one of variants(schema, root)) {
    const next = one.properties?.[key] ?? (one.additionalProperties || null);
    if (next) return next;
    const item = variants(one.items, root).find((it) => it.properties?.[key]);
    if (item) return item.properties[key];
  }
  return null;
}

function keysOf(schema, root) {
  const all = variants(schema, root).flatMap((one) => [one, ...variants(one.items, root)]);
  return all.flatMap((one) => Object.entries(one.properties ?? {}));
}

const wordsOf = (schema, root) =>
  variants(schema, root).flatMap((one) => one.enum ?? []).filter((word) => word !== null);

/** Returns the keys that a block has already: the lines of the same depth around. */
function siblings(doc, number, depth) {
  const known = new Set();
  for (const way of [-1, 1]) {
    for (let at = number + way; at > 0 && at <= doc.lines; at += way) {
      const line = doc.line(at).text;
      if (!line.trim() || line.trim().startsWith("#")) continue;
      const indent = INDENT.exec(line)[1].length;
      if (indent < depth) break;
      const key = KEY.exec(line);
      if (key && indent === depth) known.add(key[1] ?? key[2] ?? key[3]);
    }
  }
  return known;
}

/** Returns a source of completions. */
export function completer(root) {
  return (context) => {
    const node = syntaxTree(context.state).resolveInner(context.pos, -1);
    if (/Comment|BlockLiteral/.test(node.name)) return null;
    const doc = context.state.doc;
    const line = doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const word = /[^\s:{}[\],"']*$/.exec(before)[0];
    if (!word && !context.explicit && !/[:{,]\s$/.test(before) && before.trim() !== "") return null;
    const depth = INDENT.exec(line.text)[1].length;
    const head = KEY.exec(before);
    const path = above(doc, line.number, depth);
    let isValue = false;
    if (head) {
      path.push(head[1] ?? head[2] ?? head[3]);
      const rest = before.slice(head[0].length);
      const open = inFlow(rest);
      if (open.length) path.push(...open.slice(1));
      const last = /([^\s{}[\],:]+)\s*:\s*[^\s{}[\],:]*$/.exec(rest);
      if (open.length && last) { path.push(last[1]); isValue = true; }
      if (!open.length) isValue = true;
    }
    const schema = path.filter(Boolean).reduce((at, key) => at && inside(at, key, root), root);
    if (!schema) return null;
    if (isValue) {
      const words = wordsOf(schema, root);
      return words.length ? { from: context.pos - word.length, options: words.map((it) => ({ label: String(it), type: "enum" })) } : null;
    }
    const known = head ? new Set() : siblings(doc, line.number, depth);
    const options = keysOf(schema, root).filter(([key]) => !known.has(key)).map(([key, value]) => ({
      label: key, apply: `${key}: `, type: "property", info: value.description,
    }));
    return options.length ? { from: context.pos - word.length, options, validFor: /^[^\s:{}[\],"']*$/ } : null;
  };
}
