// The editor of profiles: one text in two modes, with packets on the left and the preview on the right.

import assert from "node:assert/strict";

import { control, fill, open, profile, save, shown, text } from "../editing.mjs";

const COMMENTED = `# what the site sends
name: Editor one   # shown in the history

receive: { channel: editor-one }

fields:
  phone: { from: $.phone, as: phone }   # as people type it
  who: $.name

contact:
  fields:
    NAME: '{{who}}'   # single quotes stay
    PHONE: { value: "{{phone}}", search: true }

deal:
  # the usual title
  fields:
    TITLE: "Call {{who}}"
`;

export const checks = [
  ["a change of the form changes its line only, and saving writes it", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-one", COMMENTED);
    await open(page, tools, "editor-one");
    await fill(page, control(page, ["deal", "fields", "TITLE"]), "Visit of {{who}}");
    assert.equal((await save(page)).status(), 200);
    assert.equal(text("editor-one.yaml"), COMMENTED.replace("Call {{who}}", "Visit of {{who}}"));
    await page.locator("#editor-state", { hasText: "Как в файле" }).waitFor();
  }],
  ["what the form cannot show keeps its bytes, as a card", async (page, tools) => {
    const odd = `name: Editor odd\nreceive: { channel: editor-odd }\nfields:\n  a: $.a\ndeal: { fields: { TITLE: "{{a}}" } }\nthen:\n  - name: send\n    http: bin\n    json: { rows: [ { a:   "{{a}}" } ] }   # a deep body\n`;
    await tools.signIn(page);
    await profile(page, tools, "editor-odd", odd);
    await open(page, tools, "editor-odd");
    await page.locator("#form .card", { hasText: "a deep body" }).waitFor();
    await fill(page, control(page, ["name"]), "Editor odder");
    assert.equal((await save(page)).status(), 200);
    assert.equal(text("editor-odd.yaml"), odd.replace("name: Editor odd", "name: Editor odder"));
  }],
  ["who is found is chosen by groups of search fields, and the rest of the file keeps its bytes", async (page, tools) => {
    const grouped = `name: Editor groups\nreceive: { channel: editor-groups }\nfields:\n  a: $.a\ncontact:\n  match: [ [PHONE, LAST_NAME],   [EMAIL] ]   # a family shares a phone\n  fields:\n    LAST_NAME: { value: "{{a}}", search: true }\n    PHONE: { value: "{{a}}", search: true }\n    EMAIL: { value: "{{a}}", search: true }\ndeal: { fields: { TITLE: "{{a}}" } }\n`;
    await tools.signIn(page);
    await profile(page, tools, "editor-groups", grouped);
    await open(page, tools, "editor-groups");
    await page.getByText("Найден, если совпали: PHONE и LAST_NAME; или EMAIL").waitFor();
    const group = (number) => page.getByRole("group", { name: `Группа ${number}`, exact: true });
    const changed = () => page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
    let answer = changed();
    await group(2).getByLabel("LAST_NAME").check();
    await answer;
    await page.getByText("PHONE и LAST_NAME; или EMAIL и LAST_NAME").or(page.getByText("PHONE и LAST_NAME; или LAST_NAME и EMAIL")).waitFor();
    answer = changed();
    await group(1).getByRole("button").click();
    await answer;
    await page.locator("#form .group").nth(1).waitFor({ state: "detached" });
    assert.equal(await page.locator("#form .group").count(), 1);
    assert.equal((await save(page)).status(), 200);
    const kept = text("editor-groups.yaml");
    assert.match(kept, /# a family shares a phone/);
    const without = (it) => it.split("\n").filter((line) => !line.includes("match:")).join("\n");
    assert.equal(without(kept), without(grouped));
    // without a field there is no group, and without groups nothing is chosen
    answer = changed();
    await group(1).getByRole("button").click();
    assert.doesNotMatch((await (await answer).json()).text, /match:/);
  }],
  ["a step chooses its service from those of the settings", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-step", `name: Editor step\nreceive: { channel: editor-step }\nfields:\n  a: $.a\ndeal: { fields: { TITLE: "{{a}}" } }\n`);
    await open(page, tools, "editor-step");
    let answer = page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
    await page.getByRole("button", { name: "Добавить запрос в сервис" }).click();
    await answer;
    const service = control(page, ["then", 0, "http"]);
    assert.equal(await service.evaluate((it) => it.tagName), "SELECT");
    const names = await service.locator("option").allInnerTexts();
    assert.ok(names.includes("bin"), names.join());
    answer = page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
    await service.selectOption("bin");
    assert.match((await (await answer).json()).text, /http: bin/);
  }],
  ["text that is no YAML locks the form, says the line and stays", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-lock", COMMENTED.replaceAll("editor-one", "editor-lock").replace("Editor one", "Editor lock"));
    await open(page, tools, "editor-lock", "?mode=yaml");
    await page.locator("#yaml .cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("broken: [a, b\n");
    await page.locator("#mode-form").click();
    await page.locator("#locked .problem", { hasText: "Строка" }).waitFor();
    assert.equal(await page.locator("#form").evaluate((it) => it.inert), true);
    assert.match(await shown(page), /broken: \[a, b/);
  }],
  ["a click puts a value of the packet into the focused field, by a quoted path", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-take", `name: Editor take\nreceive: { channel: editor-take }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await tools.post("/in/editor-take", { name: "Анна", "Ваш телефон": "8 912 345-67-89" });
    await open(page, tools, "editor-take");
    await page.locator("#tree .node", { hasText: "Ваш телефон" }).waitFor();
    await control(page, ["contact", "fields", "PHONE"]).focus();
    const answer = page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
    await page.locator("#tree .node", { hasText: "Ваш телефон" }).click();
    const changed = (await (await answer).json()).text;
    assert.match(changed, /\$\['Ваш телефон'\]/);
    assert.match(changed, /PHONE: .*\{\{phone\}\}/);
    await page.locator("#preview", { hasText: "+79123456789" }).waitFor();
  }],
  ["a row of questions is found by its code when the order changes", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-rows", `name: Editor rows\nreceive: { channel: editor-rows }\nfields:\n  id: $.id\ndeal: { fields: { TITLE: "{{id}}" } }\n`);
    await tools.post("/in/editor-rows", { id: "1", answers: [{ code: "NAME", value: "Анна" }, { code: "PHONE", value: "8 912 345-67-89" }] });
    await open(page, tools, "editor-rows");
    await page.locator("#tree .node", { hasText: "8 912 345-67-89" }).click();
    await page.locator("#ask button", { hasText: "code = PHONE" }).click();
    const answer = await page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
    assert.match((await answer.json()).text, /\$\.answers\[\?@\.code == 'PHONE'\]\.value/);
    await page.locator("#paste-button").click();
    await page.locator("#paste-text").fill(JSON.stringify({ id: "2", answers: [{ code: "PHONE", value: "8 912 345-67-80" }, { code: "NAME", value: "Анна" }] }));
    await page.locator("#paste button[value=use]").click();
    await page.locator("#preview", { hasText: "+79123456780" }).waitFor();
    await page.locator("#preview .sample").waitFor();
  }],
  ["a key of other packets stands in the tree, pale, and can be used", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-pale", `name: Editor pale\nreceive: { channel: editor-pale }\nfields:\n  id: $.id\ndeal: { fields: { TITLE: "{{id}}" } }\n`);
    await tools.post("/in/editor-pale", { id: "1", town: "Тверь" });
    await tools.post("/in/editor-pale", { id: "2" });
    await open(page, tools, "editor-pale");
    const pale = page.locator("#tree .is-pale", { hasText: "town" });
    await pale.locator(".node", { hasText: "1 из 2" }).click();
    const answer = await page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
    assert.match((await answer.json()).text, /\$\.town/);
  }],
  ["a renamed field is renamed in all templates, and one undo takes all back", async (page, tools) => {
    await tools.signIn(page);
    const four = `name: Editor four\nreceive: { channel: editor-four }\nfields:\n  who: $.name\ncontact: { fields: { NAME: "{{who}}" } }\ndeal:\n  fields:\n    TITLE: "{{who}}"\n    COMMENTS: "{{who}}, {{who}}"\n`;
    await profile(page, tools, "editor-four", four);
    await open(page, tools, "editor-four");
    await fill(page, page.locator("#form [data-op=rename-field][data-from=who]"), "person");
    const renamed = await shown(page);
    assert.equal(renamed.match(/\{\{person\}\}/g).length, 4);
    await page.locator("#mode-form").focus();
    await page.keyboard.press("Control+z");
    assert.equal(await shown(page), four);
  }],
  ["two people change other keys and both are saved; for the same key one chooses", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-two", COMMENTED.replaceAll("editor-one", "editor-two").replace("Editor one", "Editor two"));
    const other = await page.context().newPage();
    await open(page, tools, "editor-two");
    await open(other, tools, "editor-two");
    // both have begun before one saves: a page without changes of its own would follow the file
    await fill(page, control(page, ["contact", "fields", "NAME"]), "B {{who}}");
    await fill(other, control(other, ["deal", "fields", "TITLE"]), "A: {{who}}");
    assert.equal((await save(other)).status(), 200);
    // what both make together is shown before anything is written
    await page.locator("#save").click();
    await page.locator("#saving-notices", { hasText: "Правки объединены" }).waitFor();
    await page.locator("#saving-diff .added", { hasText: "B {{who}}" }).waitFor();
    assert.doesNotMatch(text("editor-two.yaml"), /B \{\{who\}\}/);
    const both = page.waitForResponse((reply) => reply.url().endsWith("/save"));
    await page.locator("#saving-save").click();
    assert.equal((await both).status(), 200);
    assert.match(text("editor-two.yaml"), /A: \{\{who\}\}/);
    assert.match(text("editor-two.yaml"), /B \{\{who\}\}/);
    await other.reload();
    await other.locator("#editor[data-ready]").waitFor();
    await fill(other, control(other, ["deal", "fields", "TITLE"]), "A again: {{who}}");
    await fill(page, control(page, ["deal", "fields", "TITLE"]), "B: {{who}}");
    assert.equal((await save(page)).status(), 200);
    await other.locator("#save").click();
    await other.locator("#saving-conflicts fieldset", { hasText: "deal.fields.TITLE" }).waitFor();
    await other.locator("#saving-diff .added", { hasText: "A again" }).waitFor();
    await other.locator("#saving-conflicts label", { hasText: "их" }).locator("input").check();
    // what the choices make of their text is shown before it is written
    await other.locator("#saving-diff .added", { hasText: "A again" }).waitFor({ state: "detached" });
    const answer = other.waitForResponse((reply) => reply.url().endsWith("/save"));
    await other.locator("#saving-save").click();
    assert.equal((await answer).status(), 200);
    assert.match(text("editor-two.yaml"), /B: \{\{who\}\}/);
    await other.close();
  }],
  ["a draft is offered when the page is opened again, and the file is unchanged", async (page, tools) => {
    await tools.signIn(page);
    const content = COMMENTED.replaceAll("editor-one", "editor-draft").replace("Editor one", "Editor draft");
    await profile(page, tools, "editor-draft", content);
    await open(page, tools, "editor-draft");
    await fill(page, control(page, ["deal", "fields", "TITLE"]), "Draft {{who}}");
    page.on("dialog", (dialog) => dialog.accept());
    await page.goto(`${tools.GATEWAY}/console`);
    assert.equal(text("editor-draft.yaml"), content);
    await open(page, tools, "editor-draft");
    await page.locator("[data-notice=draft] button", { hasText: "Взять его" }).click();
    assert.match(await shown(page), /Draft \{\{who\}\}/);
  }],
  ["a session that ends in the middle of an edit loses nothing", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-ended", COMMENTED.replaceAll("editor-one", "editor-ended").replace("Editor one", "Editor ended"));
    await open(page, tools, "editor-ended", "?mode=yaml");
    tools.expects(/401/);
    await page.context().clearCookies();
    await page.locator("#yaml .cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# typed late\n");
    await page.locator("[data-notice=connection]", { hasText: "Сеанс завершён" }).waitFor();
    page.on("dialog", (dialog) => dialog.accept());
    await tools.signIn(page);
    await open(page, tools, "editor-ended");
    await page.locator("[data-notice=draft] button", { hasText: "Взять его" }).click();
    assert.match(await shown(page), /# typed late/);
  }],
  ["a viewer sees the profile and no packet", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-view", COMMENTED.replaceAll("editor-one", "editor-view").replace("Editor one", "Editor view"));
    await tools.post("/in/editor-view", { name: "Анна", phone: "8 912 345-67-89" });
    await tools.signIn(page, "viewer");
    await open(page, tools, "editor-view");
    assert.equal(await control(page, ["name"]).isDisabled(), true);
    assert.equal(await page.locator("#save").count(), 0);
    assert.doesNotMatch(await page.content(), /345-67-89|Анна/);
  }],
  ["a hostile packet is shown as typed on the page of the editor", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-bad", `name: Editor bad\nreceive: { channel: editor-bad }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    const evil = `<img src=x onerror="window.hit=1">{{x}}=cmd|'/C calc'!A0`;
    await tools.post("/in/editor-bad", { name: evil, [evil]: "'\"><script>window.hit=1</script>" });
    await open(page, tools, "editor-bad");
    await page.locator("#tree .value", { hasText: evil }).waitFor();
    await page.locator("#preview", { hasText: evil.slice(0, 20) }).waitFor();
    await page.locator("#tree .node", { hasText: "<script>" }).first().click();
    assert.equal(await page.evaluate(() => window.hit), undefined);
  }],
  ["the tree is walked by arrows", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "editor-keys", `name: Editor keys\nreceive: { channel: editor-keys }\nfields:\n  who: $.a.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await tools.post("/in/editor-keys", { a: { name: "Анна", town: "Тверь" }, b: 1 });
    await open(page, tools, "editor-keys");
    await page.locator("#tree [tabindex='0']").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const answer = page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
    await page.keyboard.press("Enter");
    assert.match((await (await answer).json()).text, /\$\.a\.town/);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await page.locator("#tree .node", { hasText: "town" }).isVisible(), false);
  }],
];
