// Scenarios that people go through: from what waits to the corrected profile and the replay. The table
// in `tests/browser/README.md` says which check shows which scenario.

import assert from "node:assert/strict";
import { renameSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";

import { control, file, fill, open, profile, save, settled, text } from "../editing.mjs";

const list = (channel) => `name: List of ${channel}
receive: { channel: ${channel} }
fields:
  who: $.name
  phone: { from: $.phone, as: phone }
  topic: $.topic
contact:
  fields:
    NAME: "{{who}}"
    PHONE: { value: "{{phone}}", search: true }
deal:
  found: update
  fields:
    TITLE: { value: "{{who}}: {{topic}}", on_update: overwrite }
    UF_CRM_TOPICS: { value: "{{topic}}", as: label }
`;

/** Sends requests that the list of the portal has no value for, and waits until they are parked. */
async function park(page, tools, channel, count, topic = "Кружок") {
  for (let number = 1; number <= count; number += 1) {
    const sent = await tools.post(`/in/${channel}`, { name: `Анна ${number}`, phone: `+7 912 34${channel.length} 10-0${number}`, topic });
    assert.equal(sent.status, 200);
  }
  await settled(page, tools, channel, "parked", count);
}

/** The group of what is parked of a profile. */
async function group(page, { GATEWAY }, name) {
  await page.goto(`${GATEWAY}/console/attention`);
  const found = page.locator("article", { hasText: name });
  await found.first().waitFor();
  assert.equal(await found.count(), 1);
  return found;
}

/** Makes the dry run of a group, and waits for its end. */
async function dryRun(page, found) {
  await found.getByRole("button", { name: /^Повторить…/ }).click();
  await page.getByText("ждёт подтверждения").waitFor();
}

/** The calls of the portal that change something. */
async function writes({ GATEWAY }) {
  const counters = await (await fetch(`${GATEWAY}/sandbox/control/counters`)).json();
  const methods = Object.entries(counters.methods ?? counters.by_method ?? counters);
  const changing = methods.filter(([method]) => /\.(add|update|set|delete|merge)/i.test(method));
  return JSON.stringify(changing);
}

async function portal({ GATEWAY }, method, params) {
  const reply = await fetch(`${GATEWAY}/rest/1/sandbox/${method}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(params),
  });
  return (await reply.json()).result;
}

export const checks = [
  ["a filter with a search is a link that shows a colleague the same list", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "shared", `name: Shared\nreceive: { channel: shared }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    for (const name of ["Кира Белова", "Кира Чернова", "Олег Белов"]) await tools.post("/in/shared", { name });
    await settled(page, tools, "shared", "delivered", 3);
    await page.goto(`${tools.GATEWAY}/console/history`);
    await page.locator("[name=state]").first().selectOption("delivered");
    await page.locator("[name=source]").first().evaluate((it) => it.tagName === "SELECT") || await page.locator("[name=source]").first().fill("channels/shared");
    await page.goto(`${tools.GATEWAY}/console/history?state=delivered&source=channels/shared&destination=crm:sandbox`);
    await page.getByRole("searchbox").fill("Кира");
    await page.getByRole("button", { name: "Найти" }).click();
    await page.waitForFunction(() => location.hash.includes("q="));
    await page.locator("tbody tr").nth(1).waitFor();
    const rows = async (of) => (await of.locator("tbody tr td a[href*='/history/']").evaluateAll((all) => all.map((it) => it.getAttribute("href")))).join();
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 2);
    const colleague = await page.context().newPage();
    await colleague.goto(page.url());
    await colleague.waitForFunction(() => document.querySelectorAll("tbody tr").length === 2);
    assert.equal(await rows(colleague), await rows(page));
    await colleague.close();
  }],
  ["what a delivered one has lost is found by the filter, with its path and the cause", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "lossy", `name: Lossy\nreceive: { channel: lossy }\nfields:\n  who: $.name\n  phone: { from: $.phone, as: phone }\ncontact: { fields: { NAME: "{{who}}", PHONE: { value: "{{phone}}", search: true } } }\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await tools.post("/in/lossy", { name: "Анна", phone: "нет телефона" });
    await settled(page, tools, "lossy", "delivered");
    await page.goto(`${tools.GATEWAY}/console/history?notes=1&source=channels/lossy`);
    await page.locator("tbody tr td a[href*='/console/history/']").first().click();
    await page.getByText("$['phone']").first().waitFor();
    await page.getByText(/телефон/i).first().waitFor();
  }],
  ["the page of a delivered one leads to the version that ran, not to today's", async (page, tools) => {
    await tools.signIn(page);
    const first = `name: Edition\nreceive: { channel: edition }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "First {{who}}" } }\n`;
    await profile(page, tools, "edition", first);
    await tools.post("/in/edition", { name: "Анна" });
    await settled(page, tools, "edition", "delivered");
    await open(page, tools, "edition");
    await fill(page, control(page, ["deal", "fields", "TITLE"]), "Second {{who}}");
    assert.equal((await save(page)).status(), 200);
    await page.goto(`${tools.GATEWAY}${await settled(page, tools, "edition", "delivered")}`);
    await page.getByRole("link", { name: /v1\b/ }).first().click();
    await page.getByText("First {{who}}").first().waitFor();
    assert.equal(await page.getByText("Second {{who}}").count(), 0);
  }],
  ["from a parked group to the corrected row and the replay, and the CRM is only read on the way", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "corrected", list("corrected"));
    await park(page, tools, "corrected", 3);
    const deals = async () => (await portal(tools, "crm.deal.list", { filter: { "%TITLE": "Кружок" }, select: ["ID"] })).length;
    const before = await deals();
    const found = await group(page, tools, "corrected");
    await found.getByText("UF_CRM_TOPICS").first().waitFor();
    await found.getByRole("link", { name: "Открыть один в редакторе" }).click();
    await page.locator("#editor[data-ready]").waitFor();
    // the packet and the row are there; what would be parked does not read as delivered
    await page.locator("#preview", { hasText: "будет отложено" }).waitFor();
    assert.equal(await page.locator("#preview", { hasText: "будет доставлено" }).count(), 0);
    assert.match(page.url(), /packet=/);
    await page.locator("#form tr.is-target", { hasText: "UF_CRM_TOPICS" }).waitFor();
    const written = await writes(tools);
    const pairs = page.locator(`#form [data-op=pair][data-path='["deal","fields","UF_CRM_TOPICS","map"]']`);
    await pairs.locator("input").first().fill("Кружок");
    await pairs.locator("input").nth(1).fill("Олимпиады");
    const compared = page.waitForResponse((reply) => reply.url().endsWith("/editor/crm"), { timeout: 20_000 });
    await pairs.getByRole("button").click();
    await page.locator("#preview", { hasText: "будет доставлено" }).waitFor();
    // two seconds after the change the page has compared with the CRM by itself
    assert.equal((await compared).status(), 200);
    await page.locator("#crm-changes", { hasText: "только чтение" }).waitFor();
    assert.equal(await writes(tools), written);
    assert.equal((await save(page)).status(), 200);
    await page.locator("#saving[open]").waitFor({ state: "detached" });
    const again = await group(page, tools, "corrected");
    await dryRun(page, again);
    await page.getByRole("button", { name: "Повторить 3", exact: true }).dblclick();
    await page.getByText("закончен", { exact: true }).first().waitFor({ timeout: 60_000 });
    await page.getByRole("row", { name: /^доставлено\s+3$/ }).waitFor();
    assert.equal(await deals(), before + 3);
    await page.goto(`${tools.GATEWAY}/console/attention`);
    assert.equal(await page.locator("article", { hasText: "corrected" }).count(), 0);
  }],
  ["a dry run does not promise what the portal's list would park again", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "unkept", list("unkept"));
    await park(page, tools, "unkept", 2);
    await dryRun(page, await group(page, tools, "unkept"));
    await page.getByText("Снова было бы отложено; останется как есть").waitFor();
    await page.getByText("Сейчас повторить из этого ничего нельзя").waitFor();
    // what the portal has got meanwhile is seen at once
    const later = `name: Later\nreceive: { channel: later }\nfields:\n  who: $.name\n  topic: $.topic\ndeal:\n  found: update\n  fields:\n    TITLE: "{{who}}"\n    UF_CRM_LATER: { value: "{{who}}", search: true }\n`;
    await profile(page, tools, "later", later);
    await park(page, tools, "later", 2);
    await dryRun(page, await group(page, tools, "later"));
    await page.getByText("Сейчас повторить из этого ничего нельзя").waitFor();
    await portal(tools, "crm.deal.userfield.add", { fields: { FIELD_NAME: "LATER", USER_TYPE_ID: "string" } });
    await dryRun(page, await group(page, tools, "later"));
    await page.getByRole("button", { name: "Повторить 2", exact: true }).waitFor();
  }],
  ["what is parked after a dry run is not taken, and a changed profile refuses the confirmation", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "frozen", list("frozen"));
    await park(page, tools, "frozen", 2);
    const mapped = list("frozen").replace(`value: "{{topic}}", as: label`, `by: "{{topic}}", map: { Кружок: Олимпиады }, default: "{{topic}}", as: label`);
    await profile(page, tools, "frozen", mapped);
    await dryRun(page, await group(page, tools, "frozen"));
    await page.getByRole("button", { name: "Повторить 2", exact: true }).waitFor();
    const here = page.url();
    // one more with a topic that is still unknown
    await tools.post("/in/frozen", { name: "Олег", phone: "+7 912 346 20-01", topic: "Шахматы" });
    await settled(page, tools, "frozen", "parked", 3);
    await page.goto(here);
    await page.getByRole("button", { name: "Повторить 2", exact: true }).waitFor();
    await profile(page, tools, "frozen", `${mapped}# changed\n`);
    tools.expects(/409/);
    await page.getByRole("button", { name: "Повторить 2", exact: true }).click();
    await page.getByText(/изменились профили: frozen/).first().waitFor();
    await settled(page, tools, "frozen", "parked", 3);
  }],
  ["of two parked answers of one person the later one wins", async (page, tools) => {
    await tools.signIn(page);
    const again = list("ordered").replace("value: \"{{topic}}\", as: label", "value: \"Кружок\", as: label");
    await profile(page, tools, "ordered", again);
    for (const topic of ["Ранний", "Поздний"]) {
      await tools.post("/in/ordered", { name: "Пётр Порядков", phone: "+7 912 777-00-01", topic });
    }
    await settled(page, tools, "ordered", "parked", 2);
    await profile(page, tools, "ordered", again.replace("Кружок", "Олимпиады"));
    await dryRun(page, await group(page, tools, "ordered"));
    await page.getByRole("button", { name: "Повторить 2", exact: true }).click();
    await page.getByText("закончен", { exact: true }).first().waitFor({ timeout: 60_000 });
    const deals = await portal(tools, "crm.deal.list", { filter: { "%TITLE": "Пётр Порядков" }, select: ["ID", "TITLE"] });
    assert.deepEqual(deals.map((deal) => deal.TITLE), ["Пётр Порядков: Поздний"]);
  }],
  ["a change on disk shows within two seconds, and is a version of its own", async (page, tools) => {
    await tools.signIn(page);
    const content = `name: Disk\nreceive: { channel: disk }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`;
    await profile(page, tools, "disk", content);
    await open(page, tools, "disk");
    await fill(page, control(page, ["name"]), "Disk mine");
    writeFileSync(file("disk.yaml"), content.replace("{{who}}\" }", "Disk {{who}}\" }"));
    await page.locator("[data-notice=changed]", { hasText: "на диске" }).waitFor({ timeout: 5_000 });
    const versions = await page.context().newPage();
    await versions.goto(`${tools.GATEWAY}/console/profiles/disk.yaml/versions`);
    await versions.locator("tr", { hasText: "v2" }).getByText("на диске").waitFor();
    await versions.close();
    // both are in the file after the save
    assert.equal((await save(page)).status(), 200);
    assert.match(text("disk.yaml"), /name: Disk mine/);
    assert.match(text("disk.yaml"), /Disk \{\{who\}\}/);
  }],
  ["an old version is restored as a new one, and the audit log names who did it", async (page, tools) => {
    await tools.signIn(page);
    const of = (number) => `name: Restored ${number}\nreceive: { channel: restored }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`;
    await profile(page, tools, "restored", of(1));
    for (const number of [2, 3]) {
      await open(page, tools, "restored");
      await fill(page, control(page, ["name"]), `Restored ${number}`);
      assert.equal((await save(page)).status(), 200);
      await page.locator("#saving[open]").waitFor({ state: "detached" });
    }
    await page.goto(`${tools.GATEWAY}/console/profiles/restored.yaml/versions/1`);
    await page.getByRole("button", { name: "Вернуть как новую версию" }).click();
    await page.getByRole("heading", { name: "restored.yaml v4" }).waitFor();
    assert.equal(text("restored.yaml"), of(1));
    await page.goto(`${tools.GATEWAY}/console/profiles/restored.yaml/versions`);
    await page.locator("tr", { hasText: "v3" }).first().waitFor();
    await page.goto(`${tools.GATEWAY}/console/audit`);
    const row = page.locator("tr", { hasText: "restored.yaml" }).first();
    await row.getByText(/вход по ссылке|admin/).first().waitFor();
  }],
  ["a file that must not be written cannot be saved, says why, and is downloaded", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "linked", `name: Linked\nreceive: { channel: linked }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    renameSync(file("linked.yaml"), `${file("linked.yaml")}.real`);
    symlinkSync(`${file("linked.yaml")}.real`, file("linked.yaml"));
    await open(page, tools, "linked");
    await page.locator("[data-notice=folder]", { hasText: "linked.yaml" }).waitFor();
    await fill(page, control(page, ["name"]), "Linked and changed");
    assert.equal(await page.locator("#save").isDisabled(), true);
    const download = page.waitForEvent("download");
    await page.locator("#download").click();
    assert.equal((await download).suggestedFilename(), "linked.yaml");
    page.on("dialog", (dialog) => dialog.accept());
  }],
  ["five hundred parked by a field that the portal lacks are one group, one advice and one alert", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "deleted", `name: Deleted\nreceive: { channel: deleted }\nfields:\n  who: $.name\n  number: $.number\ndeal:\n  found: update\n  fields:\n    TITLE: "{{who}}"\n    UF_CRM_GONE: { value: "{{number}}", search: true }\n`);
    for (let from = 0; from < 500; from += 25) {
      const some = Array.from({ length: 25 }, (_, at) => tools.post("/in/deleted", { name: `Анна ${from + at}`, number: `${from + at}` }));
      for (const sent of await Promise.all(some)) assert.equal(sent.status, 200);
    }
    const found = page.locator("article", { hasText: "deleted" });
    for (let times = 0; times < 120; times += 1) {
      await page.goto(`${tools.GATEWAY}/console/attention`);
      if (await found.getByText("500 обращений").count()) break;
      await page.waitForTimeout(500);
    }
    assert.equal(await found.count(), 1);
    await found.getByText("500 обращений").waitFor();
    assert.equal(await found.getByText("Что делать:").count(), 1);
    const alert = page.locator("#alerts tr", { hasText: "deleted" });
    for (let times = 0; times < 40 && !(await alert.count()); times += 1) {
      await page.goto(`${tools.GATEWAY}/console/alerts`);
      await page.waitForTimeout(250);
    }
    assert.equal(await alert.count(), 1);
  }],
  ["a portal that does not work says since when, why, and what to do; then its queue empties", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "outage", `name: Outage\nreceive: { channel: outage }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await tools.post("/sandbox/control/faults", { code: "OVERLOAD_LIMIT", times: "always" });
    try {
      await tools.post("/in/outage", { name: "Анна" });
      const card = page.locator("article", { hasText: "crm:sandbox" });
      for (let times = 0; times < 60 && !(await card.count()); times += 1) {
        await page.goto(`${tools.GATEWAY}/console/attention`);
        await page.waitForTimeout(500);
      }
      for (const words of ["Не работает с", "Следующая проверка", "Что делать:", "Ждут доставки: 1 обращение"]) {
        await card.getByText(words).first().waitFor();
      }
      await tools.axe(page);
      await tools.picture("attention-portal");
      await page.goto(`${tools.GATEWAY}/console`);
      await page.locator("section.card", { hasText: "Порталы и сервисы" }).getByText("не работает").waitFor();
      await card.or(page.getByRole("link", { name: "crm:sandbox" })).first().click();
      await page.getByText("Не работает с").waitFor();
      await page.getByText("Что делать:").waitFor();
    } finally {
      await tools.post("/sandbox/control/faults", []);
    }
    await page.getByRole("button", { name: "Проверить сейчас" }).click();
    await page.locator("#state", { hasText: "работает" }).and(page.locator("#state:not(:has-text('Не работает'))")).waitFor({ timeout: 60_000 });
    await settled(page, tools, "outage", "delivered");
  }],
  ["a viewer sees no phone in a page, its JSON or its source, and changes nothing", async (page, tools) => {
    const phone = "+7 912 808-08-08";
    await tools.signIn(page);
    await profile(page, tools, "masked", `name: Masked\nreceive: { channel: masked }\nfields:\n  who: $.name\n  phone: { from: $.phone, as: phone }\ncontact: { fields: { NAME: "{{who}}", PHONE: { value: "{{phone}}", search: true } } }\ndeal: { fields: { TITLE: "{{who}}, {{phone}}" } }\n`);
    await tools.post("/in/masked", { name: "Агриппина Скрытова", phone });
    const address = await settled(page, tools, "masked", "delivered");
    const id = address.split("/").at(-1);
    await tools.signIn(page, "viewer");
    const bodies = [];
    page.on("response", async (reply) => { if (!reply.url().includes("/events")) bodies.push(await reply.text().catch(() => "")); });
    for (const path of [address, "/console", "/console/history", "/console/attention", `/console/profiles/masked.yaml?packet=${id}`]) {
      await page.goto(`${tools.GATEWAY}${path}`);
      await page.locator("h1").waitFor();
      await page.waitForLoadState("load");
    }
    await page.locator("#editor[data-ready]").waitFor();
    for (const body of [...bodies, await page.content()]) assert.doesNotMatch(body, /808-?08-?08|9128080808|Скрытова/);
    const token = await page.evaluate(() => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF"]);
    for (const path of [`/console/history/${id}/replay`, "/console/replays", "/console/attention/dismiss", "/console/profiles/masked.yaml/save", "/console/portals/crm:sandbox/pause", "/console/users", "/console/history/erase"]) {
      const reply = await page.request.post(`${tools.GATEWAY}${path}`, { form: { csrf: token }, headers: { "x-csrf": token }, failOnStatusCode: false });
      assert.ok([400, 403].includes(reply.status()), `${path}: ${reply.status()}`);
      assert.equal(reply.status(), 403, path);
    }
  }],
  ["a header of a proxy from a foreign address signs nobody in", async (page, tools) => {
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${tools.GATEWAY}/console`, { headers: { "x-forwarded-user": "admin" } }, (reply) => { reply.resume(); resolve(reply.statusCode); });
      asked.on("error", reject).end();
    });
    assert.equal(status, 401);
  }],
];
