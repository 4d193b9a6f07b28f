// Every setting of a universal incoming channel, as form-to-CRM services offer it, is reached in the form.
// The table in docs/console.md has the same rows.

import assert from "node:assert/strict";
import { unlinkSync } from "node:fs";

import { control, file, fill, open, profile, save, text } from "../editing.mjs";

/** Waits for the answer to a change of the form. */
async function changed(page, act) {
  const answer = page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
  await act();
  assert.equal((await answer).status(), 200);
}

/** Unfolds all that is folded in the form. */
const unfold = (page) => page.evaluate(() => { for (const it of document.querySelectorAll("#form details")) it.open = true; });

export const checks = [
  ["each setting of a universal channel is set in the form, and the file says it", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "manual", `name: Manual\nreceive: { channel: manual }\nfields:\n  phone: { from: $.client_phone, as: phone }\n  who: $.client_name\n  order: $.order_id\n`);
    await tools.post("/in/manual", { client_phone: "74712773120", client_name: "Мария", order_id: 6510, order_amount: 3500 });
    await open(page, tools, "manual");
    await page.locator("#menu-staff option").first().waitFor({ state: "attached" });
    await fill(page, control(page, ["name"]), "Заказы магазина");
    await changed(page, () => page.locator("#form select[data-op=record]").selectOption("lead"));
    await changed(page, () => page.locator("#form select[data-op=record]").selectOption("deal"));
    await unfold(page);
    const values = [
      [["deal", "found"], "always_create"], [["deal", "found"], "ignore"], [["deal", "found"], "update"],
      [["deal", "among"], "NEW"], [["deal", "change_stage"], "true"], [["deal", "update_fields"], "true"],
      [["contact", "update"], "true"], [["deal", "responsible"], "1"], [["deal", "stage"], "PREPARATION"],
      [["contact", "fields", "NAME"], "{{who}}"], [["contact", "fields", "PHONE"], "{{phone}}"],
      [["deal", "fields", "TITLE"], "Заказ №{{order}}"], [["comment"], "full"],
      [["todo", "title"], "Позвонить {{who}}"], [["todo", "after"], "2h"], [["todo", "on"], "both"], [["receive", "default"], "channels"],
    ];
    for (const [path, value] of values) {
      await unfold(page);
      await fill(page, control(page, path).first(), value);
    }
    // a field of the portal, by its label, and the search flags of the contact and the deal
    const add = page.locator("#form [data-op=add-field][data-block=deal]");
    await add.locator("input").fill("UF_CRM_ORDER_ID");
    await add.getByRole("button").click();
    await page.locator("#form tr", { hasText: "Номер заказа" }).waitFor();
    await fill(page, control(page, ["deal", "fields", "UF_CRM_ORDER_ID"]), "{{order}}");
    for (const [block, field] of [["contact", "PHONE"], ["deal", "UF_CRM_ORDER_ID"]]) {
      const tick = page.locator(`#form [data-op=inner][data-key=search][data-path='${JSON.stringify([block, "fields", field])}']`);
      await changed(page, () => tick.setChecked(true));
    }
    assert.equal((await save(page)).status(), 200);
    const saved = text("manual.yaml");
    for (const part of [
      /name: .?Заказы магазина/, /found: update/, /among:.*NEW/, /change_stage: true/, /update_fields: true/, /update: true/,
      /responsible: 1/, /stage: .?PREPARATION/, /Заказ №\{\{order\}\}/, /comment: full/, /Позвонить \{\{who\}\}/, /after: 2h/, /on: both/,
      /default: channels/, /UF_CRM_ORDER_ID:.*\n?.*\{\{order\}\}[\s\S]*search: true/, /PHONE:.*\n?.*\{\{phone\}\}[\s\S]*search: true/,
    ]) assert.match(saved, part);
    // it takes what other checks send to channels without a profile
    unlinkSync(file("manual.yaml"));
    for (let times = 0; times < 100 && (await page.request.get(`${tools.GATEWAY}/console/profiles`)).ok(); times += 1) {
      if (!(await (await page.request.get(`${tools.GATEWAY}/console/profiles`)).text()).includes("Заказы магазина")) break;
      await page.waitForTimeout(100);
    }
    // the address of the handler, and the name of the channel
    await page.goto(`${tools.GATEWAY}/console/sources/channels/manual`);
    await page.getByText("/in/manual").first().waitFor();
    await page.locator("input[name=title]").first().waitFor({ state: "attached" });
  }],
];
