// The files of profiles: their list, their versions, and a new one from a pasted packet.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = (name) => join(process.env.MAPPINGS, name);

const LISTED = `# a note
name: Listed <img src=x onerror=alert(1)>
receive: { channel: listed }
fields:
  who: $.name
deal:
  fields: { TITLE: "Visit of {{who}}" }
`;

/** Writes a profile and waits until its version is kept. */
async function kept(page, { GATEWAY }, name, text, number) {
  writeFileSync(file(name), text);
  for (let tries = 0; tries < 100; tries += 1) {
    const reply = await page.request.get(`${GATEWAY}/console/profiles/${name}/versions/${number}`);
    if (reply.ok()) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`no version ${number} of ${name}`);
}

export const checks = [
  ["the list says what each file takes and whether it works, and shows names as they are typed", async (page, tools) => {
    await tools.signIn(page);
    await kept(page, tools, "listed.yaml", LISTED, 1);
    await page.goto(`${tools.GATEWAY}/console/profiles`);
    const row = page.locator("tr", { hasText: "listed.yaml" });
    await row.getByText("<img src=x onerror=alert(1)>").waitFor();
    await row.getByText("listed", { exact: false }).first().waitFor();
    assert.equal(await page.locator("main img").count(), 0);
    // a broken text appears without a reload, with the version that works
    await kept(page, tools, "listed.yaml", `${LISTED}oops: [\n`, 2);
    await row.getByText("работает последняя исправная v1").waitFor();
  }],
  ["two versions are compared line by line, and the old one is restored as a new one", async (page, tools) => {
    await tools.signIn(page);
    const name = "compared.yaml";
    const text = LISTED.replaceAll("listed", "compared").replace("Listed", "Compared");
    await kept(page, tools, name, text, 1);
    await kept(page, tools, name, text.replace("Visit of", "Call of"), 2);
    await page.goto(`${tools.GATEWAY}/console/profiles/${name}/versions`);
    await page.getByRole("button", { name: "Сравнить две выбранные" }).click();
    await page.locator("tr.gone", { hasText: "Visit of" }).waitFor();
    await page.locator("tr.new", { hasText: "Call of" }).waitFor();
    await page.goto(`${tools.GATEWAY}/console/profiles/${name}/versions/1`);
    await page.getByRole("button", { name: "Вернуть как новую версию" }).click();
    await page.getByRole("heading", { name: "compared.yaml v3" }).waitFor();
    assert.equal(readFileSync(file(name), "utf8"), text);
  }],
  ["a pasted packet becomes a profile that nobody has saved yet", async (page, tools) => {
    await tools.signIn(page);
    await page.goto(`${tools.GATEWAY}/console/profiles/new`);
    await page.getByLabel("Откуда приходит").selectOption("channels");
    await page.getByLabel("Номер или имя").fill("pasted");
    await page.getByLabel(/^Пакет/).fill('{"phone": "+7 912 345-67-89", "name": "Анна"}');
    await page.locator("section", { hasText: "По пакету" }).getByRole("button").click();
    await page.getByRole("heading", { name: "channel-pasted.yaml" }).waitFor();
    assert.equal((await page.content()).includes("345-67-89"), false);
    assert.throws(() => readFileSync(file("channel-pasted.yaml")));
  }],
  ["a new profile is no draft yet, and gets its address once it is saved", async (page, tools) => {
    await tools.signIn(page);
    await tools.post("/in/waiting", { phone: "+7 912 345-67-80", name: "Анна" });
    await page.goto(`${tools.GATEWAY}/console/profiles/new?source=channels/waiting`);
    await page.locator("section", { hasText: "По тому, что ждёт" }).getByRole("button").click();
    await page.locator("#editor[data-ready]").waitFor();
    assert.equal(await page.locator("[data-notice=draft]").count(), 0);
    await page.locator("#save").click();
    await page.locator("#saving-save").click();
    await page.locator("[data-notice=waited]", { hasText: "Ждали этого профиля: 1" }).waitFor();
    assert.match(page.url(), /\/console\/profiles\/channel-waiting\.yaml\?/);
    await page.goto(`${tools.GATEWAY}/console/profiles/channel-waiting`);
    await page.locator("#editor[data-ready]").waitFor();
    assert.equal(await page.locator("[data-notice=draft]").count(), 0);
  }],
];
