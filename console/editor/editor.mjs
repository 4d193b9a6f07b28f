// The text editor of profiles: CodeMirror with YAML, problems in the margin and completion of keys
// from the schema. It is mounted in a shadow root, so that its styles need no exception in the
// policy of the page.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, redo, undo } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completer } from "./completer.mjs";
import { changed } from "./difference.mjs";

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--soft)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--link)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: [tags.keyword, tags.number, tags.bool], color: "var(--good)" },
  { tag: tags.punctuation, color: "var(--soft)" },
]);

// the shadow root inherits the variables of console.css
const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--panel)", height: "100%", fontSize: "14px" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--bg)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--link) 8%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--link) 30%, transparent)",
  },
  ".cm-changed": { backgroundColor: "color-mix(in srgb, var(--good) 22%, transparent)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--link)", color: "var(--bg)" },
  ".cm-diagnostic": { maxWidth: "480px", whiteSpace: "pre-wrap" },
  ".cm-diagnosticAction": { backgroundColor: "var(--link)", color: "var(--bg)" },
  ".cm-panel input, .cm-panel button": { font: "inherit" },
});

const light = StateEffect.define();
const lights = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(light)) marks = effect.value;
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Marks the lines between two places. */
const marked = (doc, from, to) => {
  const lines = [];
  const last = doc.lineAt(Math.min(to, doc.length)).number;
  for (let number = doc.lineAt(Math.min(from, doc.length)).number; number <= last; number += 1) {
    lines.push(Decoration.line({ class: "cm-changed" }).range(doc.line(number).from));
  }
  return Decoration.set(lines);
};

/** Returns the place of a line and a column of the gateway, which counts characters and not UTF-16 units. */
const place = (doc, number, column) => {
  const line = doc.line(Math.max(1, Math.min(number || 1, doc.lines)));
  const before = [...line.text].slice(0, Math.max(0, (column || 1) - 1)).join("");
  return line.from + before.length;
};

/**
 * Shows an editor below `host`.
 * @param {HTMLElement} host an empty element
 * @param {{text: string, label: string, readOnly: boolean, phrases: object, schema: object|null,
 *   onChange: (text: string, isTyped: boolean) => void}} options
 */
export function mount(host, options) {
  const root = host.attachShadow({ mode: "open" });
  const place_ = document.createElement("div");
  root.append(place_);
  const access = new Compartment();
  const keys = new Compartment();
  const locked = (is) => [EditorState.readOnly.of(is), EditorView.editable.of(!is)];
  const completion = (schema) => autocompletion({ override: schema ? [completer(schema)] : [] });
  let isOurs = false;
  const separator = options.text.includes("\r\n") ? "\r\n" : "\n";
  const view = new EditorView({
    parent: place_,
    root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        // a file keeps its line ends, and a mixed one is shown as it is
        EditorState.lineSeparator.of(separator),
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), closeBrackets(),
        search({ top: true }), highlightSelectionMatches(), lintGutter(), lights, look,
        syntaxHighlighting(colours), yaml(), indentUnit.of("  "), EditorState.tabSize.of(2),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap,
          ...completionKeymap, ...lintKeymap, indentWithTab]),
        EditorState.phrases.of(options.phrases),
        EditorView.contentAttributes.of({ "aria-label": options.label, tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(text(), !isOurs);
        }),
        access.of(locked(options.readOnly)),
        keys.of(completion(options.schema)),
      ],
    }),
  });
  const text = () => view.state.sliceDoc();
  return {
    text,
    /** Replaces the text by the smallest change: one step of undo, and its lines light up. */
    replace(next) {
      const change = changed(text(), next, separator);
      if (!change) return;
      isOurs = true;
      view.dispatch({ changes: change, annotations: Transaction.userEvent.of("input.form") });
      const end = change.from + view.state.toText(change.insert).length;
      view.dispatch({
        effects: [light.of(marked(view.state.doc, change.from, end)), EditorView.scrollIntoView(change.from, { y: "center" })],
      });
      isOurs = false;
      setTimeout(() => view.dispatch({ effects: light.of(Decoration.none) }), 2500);
    },
    /** Shows problems: `{severity, line, column, end, message, advice, fixes}`. */
    problems(list, fixLabel) {
      const doc = view.state.doc;
      const diagnostics = list.filter((one) => one.line > 0).map((one) => {
        const from = place(doc, one.line, one.column);
        const to = Math.max(from, place(doc, one.line, one.end));
        const actions = one.fixes.map((fix) => ({
          name: `${fixLabel} ${fix.text}`,
          apply: (view_, start, end) => view_.dispatch({ changes: { from: start, to: end, insert: fix.text } }),
        }));
        const message = one.advice ? `${one.message}\n${one.advice}` : one.message;
        return { from, to, severity: one.severity, message, actions };
      });
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    goTo(line, column) {
      const at = place(view.state.doc, line, column);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
    schema(schema) { view.dispatch({ effects: keys.reconfigure(completion(schema)) }); },
    lock(is) { view.dispatch({ effects: access.reconfigure(locked(is)) }); },
    undo: () => undo(view),
    redo: () => redo(view),
    focus: () => view.focus(),
    refresh: () => view.requestMeasure(),
  };
}
