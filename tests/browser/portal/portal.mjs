// The console inside a portal: the sandbox at `localhost` plays the portal, the gateway is at 127.0.0.1,
// another site, so the browser keeps no cookie of the gateway in the frame.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

const { PORTAL, PORTAL_GATEWAY, PORTAL_DATA, PORTAL_CONFIG, PROGRAM } = process.env;

/** The order of the manual's example. */
const ORDER = { client_phone: "74712773120", client_name: "Мария", order_id: "6510", order_amount: "3500" };

/** For the pictures of the guide. */
const TALL = { width: 1280, height: 1000 };

/** The console in the frame of the page. */
const inside = (page) => page.frameLocator("iframe.app-frame");
/** The frame itself. */
const frameOf = (page) => page.frames().find((frame) => frame.url().startsWith(PORTAL_GATEWAY));

/** Calls a method of the portal by its webhook. */
async function portal(method, params = {}) {
  const reply = await fetch(`${PORTAL}/rest/1/sandbox/${method}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(params),
  });
  return (await reply.json()).result;
}

/** Waits until something is true outside of the browser. */
async function until(what, holds) {
  for (let times = 0; times < 120; times += 1) {
    if (await holds()) return;
    await new Promise((resolve) => { setTimeout(resolve, 250); });
  }
  assert.fail(what);
}

/** Opens the page of the button over the deals. */
async function openChannels(page) {
  await page.goto(`${PORTAL}/sandbox`);
  await page.getByRole("link", { name: "Интеграция с сайтом" }).click();
  await inside(page).getByRole("heading", { name: "Интеграция с сайтом" }).waitFor();
}

/**
 * Presses something in the frame, through its document: a browser without a window sometimes gives a
 * press of the mouse over a frame of another site to the page around it.
 */
async function press(locator) {
  await locator.waitFor();
  await locator.evaluate((it) => it.click());
}

/** Fills a row of the table of fields. */
async function row(frame, number, target, value, isSearched = false) {
  if (target) await frame.getByLabel(`Поле строки ${number}`, { exact: true }).selectOption(target);
  await frame.getByLabel(`Значение строки ${number}`, { exact: true }).fill(value);
  const box = frame.getByLabel(`Искать по строке ${number}`, { exact: true });
  if ((await box.isChecked()) !== isSearched) await press(box);
}

/** The gateway's data must leave no trace in the browser. */
async function leavesNothing(page) {
  const cookies = await page.context().cookies(PORTAL_GATEWAY);
  assert.deepEqual(cookies, []);
  for (const frame of page.frames()) assert.doesNotMatch(frame.url(), /portal-[\w-]{20}/);
}

export const checks = [
  ["an administrator installs the application, and the buttons and tabs are there", async (page, { picture }) => {
    await page.setViewportSize(TALL);
    await page.goto(`${PORTAL}/sandbox/app`);
    await page.getByRole("button", { name: "Установить приложение" }).click();
    if (!page.url().includes("/app/open")) await page.getByRole("button", { name: "Открыть", exact: true }).click();
    await page.getByText("Приложение установлено.").waitFor();
    await inside(page).getByRole("heading", { name: "Обзор" }).waitFor();
    await picture("portal-installed");
    await page.goto(`${PORTAL}/sandbox`);
    await page.getByRole("link", { name: "Интеграция с сайтом" }).waitFor();
    await picture("portal-button");
    await leavesNothing(page);
  }],

  ["the example of the manual: a channel made by clicks, three requests, one contact, one deal", async (page, { picture }) => {
    await page.setViewportSize(TALL);
    await openChannels(page);
    const frame = inside(page);
    await picture("portal-channels");
    await press(frame.getByRole("link", { name: "Добавить входящий канал" }));
    await frame.getByRole("heading", { name: "Новый входящий канал" }).waitFor();
    assert.equal(await frame.getByLabel("Сделки", { exact: true }).isChecked(), true);
    await frame.getByLabel("Наименование канала").fill("Заказы магазина");
    await press(frame.getByLabel("Всегда создавать новый лид/сделку"));
    assert.equal(await frame.getByText("Изменять статус при обновлении").isVisible(), false);
    await press(frame.getByLabel("Сперва искать существующий лид/сделку для обновления"));
    await frame.getByLabel("Наименование канала").scrollIntoViewIfNeeded();
    await picture("portal-channel-new");
    await row(frame, 1, "contact.NAME", "{client_name}");
    await row(frame, 2, "contact.PHONE", "{client_phone}", true);
    await row(frame, 4, "record.TITLE", "Заказ №{order_id}");
    await row(frame, 5, "record.UF_CRM_ORDER_ID", "{order_id}", true);
    await row(frame, 6, "record.OPPORTUNITY", "{order_amount}");
    await row(frame, 7, "record.CURRENCY_ID", "RUB");
    await frame.getByRole("button", { name: "Ещё строки" }).scrollIntoViewIfNeeded();
    await picture("portal-channel-fields");
    await press(frame.getByRole("button", { name: "Создать канал" }));
    await frame.getByRole("heading", { name: "Канал создан: Заказы магазина" }).waitFor();
    await picture("portal-channel-made");
    const address = await frame.locator("#made-address").innerText();
    const form = new URLSearchParams(ORDER);
    const requests = [
      [address, { method: "POST", body: form }],
      [address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(ORDER) }],
      [`${address}?${form}`, {}],
    ];
    for (const [url, options] of requests) assert.equal((await fetch(url, options)).status, 200);
    const deals = () => portal("crm.deal.list", { filter: { TITLE: "Заказ №6510" }, select: ["ID", "OPPORTUNITY"] });
    await until("the deal is there", async () => (await deals()).length > 0);
    // all three have been delivered
    await press(frame.getByRole("link", { name: "История" }));
    await frame.locator(".state-delivered").nth(2).waitFor();
    const [deal, ...others] = await deals();
    assert.deepEqual([others.length, deal.OPPORTUNITY], [0, "3500.00"]);
    const contacts = await portal("crm.contact.list", { filter: { PHONE: "+74712773120" } });
    assert.equal(contacts.length, 1);
    await leavesNothing(page);
  }],

  ["the tab of a card shows its submissions with their explanations", async (page, { picture }) => {
    await page.setViewportSize(TALL);
    const [deal] = await portal("crm.deal.list", { filter: { TITLE: "Заказ №6510" } });
    await page.goto(`${PORTAL}/sandbox/deal/${deal.ID}`);
    await page.getByRole("link", { name: "Заявки", exact: true }).click();
    const frame = inside(page);
    await frame.getByRole("heading", { name: `Заявки: сделка ${deal.ID}` }).waitFor();
    assert.equal(await frame.locator("article").count(), 3);
    assert.equal(await frame.locator("nav").isVisible(), false);
    await press(frame.getByText("Почему так").first());
    await frame.locator("article ul.reasons").first().waitFor();
    await picture("portal-tab");
    // the frame is as high as its page, but for its border
    await until("the frame fits", async () => {
      const hidden = await frameOf(page).evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
      return hidden < 16;
    });
    await press(frame.locator("article h2 a").first());
    await frame.getByRole("heading", { name: /^Обращение/ }).waitFor();
    await leavesNothing(page);
  }],

  ["the editor works in the frame: its scripts start again, and it saves", async (page) => {
    await openChannels(page);
    const frame = inside(page);
    await press(frame.getByRole("link", { name: "Заказы магазина" }));
    await frame.locator("#editor[data-ready]").waitFor();
    await press(frame.getByRole("button", { name: "YAML" }));
    await frame.locator(".cm-content").focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("# проверено\n");
    await frame.getByText("Не сохранено").first().waitFor();
    await press(frame.getByRole("button", { name: "Сохранить и применить" }).first());
    await press(frame.getByRole("dialog").getByRole("button", { name: "Сохранить и применить" }));
    await frame.getByText("Как в файле").waitFor();
    await press(frame.getByRole("link", { name: "Профили" }));
    await frame.getByRole("heading", { name: "Профили" }).waitFor();
    await page.evaluate(() => history.back());
    await frame.locator("#editor[data-ready]").waitFor();
    assert.match(frameOf(page).url(), /\/console\/profiles\//);
    await page.evaluate(() => history.back());
    await frame.getByRole("heading", { name: "Интеграция с сайтом" }).waitFor();
    await leavesNothing(page);
  }],

  ["live changes and htmx come with the session", async (page) => {
    await openChannels(page);
    const frame = inside(page);
    const events = page.waitForRequest((request) => request.url().endsWith("/console/events"));
    await press(frame.getByRole("link", { name: "История" }));
    await frame.getByRole("heading", { name: "История" }).waitFor();
    assert.match((await (await events).allHeaders()).authorization, /^Bearer portal-/);
    await frame.getByRole("searchbox").fill("Мария");
    await press(frame.getByRole("button", { name: "Найти" }));
    await until("the search has answered", async () => (await frame.locator("tbody tr").count()) === 3);
    const before = await frame.locator("tbody tr").count();
    assert.equal((await fetch(`${PORTAL_GATEWAY}/in/zakazi-magazina`, { method: "POST", body: new URLSearchParams({ ...ORDER, order_id: "6511" }) })).status, 200);
    await press(frame.getByRole("link", { name: "История" }));
    await until("the new one is listed", async () => (await frame.locator("tbody tr").count()) > before);
  }],

  ["a session that has ended is renewed by the portal", async (page, { expects }) => {
    await openChannels(page);
    const frame = inside(page);
    const name = `${new URL(PORTAL).host}/1`;
    execFileSync(PROGRAM, ["user", "sign-out", name, "--config", PORTAL_CONFIG, "--data", PORTAL_DATA]);
    expects(/401/);
    await press(frame.getByRole("navigation").getByRole("link", { name: "Источники" }));
    await frame.getByRole("heading", { name: "Источники" }).waitFor();
    assert.equal(await frame.locator(".frame-ended").count(), 0);
    await leavesNothing(page);
  }],

  ["the frame speaks the language of the portal, and another one on request", async (page) => {
    await page.goto(`${PORTAL}/sandbox?lang=en`);
    await page.locator(".widget-button").first().click();
    const frame = inside(page);
    await frame.getByRole("heading", { name: "Site integration" }).waitFor();
    await press(frame.getByRole("link", { name: "Русский" }));
    await frame.getByRole("heading", { name: "Интеграция с сайтом" }).waitFor();
    await press(frame.getByRole("link", { name: "Профили" }));
    await frame.getByRole("heading", { name: "Профили" }).waitFor();
    await leavesNothing(page);
  }],

  ["who has no role reads why", async (page, { expects }) => {
    expects(/403/);
    await page.goto(`${PORTAL}/sandbox/app`);
    const link = page.locator("form", { has: page.getByRole("button", { name: "Открыть", exact: true }) });
    await link.getByRole("combobox").selectOption("7");
    await link.getByRole("button", { name: "Открыть", exact: true }).click();
    await inside(page).getByText("main/7: author").waitFor();
  }],

  ["without scripts a button opens the console in a tab, once", async (page) => {
    const context = await page.context().browser().newContext({ javaScriptEnabled: false, locale: "ru-RU" });
    try {
      const plain = await context.newPage();
      await plain.goto(`${PORTAL}/sandbox/app`);
      await plain.getByRole("button", { name: "Открыть", exact: true }).click();
      await plain.getByRole("button", { name: "Открыть", exact: true }).last().click();
      const button = plain.frameLocator("iframe.app-frame").getByRole("button", { name: "Открыть в новой вкладке" });
      const [tab] = await Promise.all([context.waitForEvent("page"), button.click()]);
      await tab.getByRole("heading", { name: "Обзор" }).waitFor();
      await tab.getByText("сотрудник 1 портала").waitFor();
    } finally {
      await context.close();
    }
  }],

  ["no other page of the gateway stands in a frame", async (page, { expects }) => {
    expects(/frame|Framing|ancestors/);
    await page.goto(`${PORTAL}/sandbox`);
    for (const path of ["/console", "/console/sign-in", "/console/channels", "/b24/other/app"]) {
      const shown = await page.evaluate(async (address) => {
        const frame = document.createElement("iframe");
        frame.src = address;
        document.body.append(frame);
        await new Promise((resolve) => { frame.addEventListener("load", resolve); setTimeout(resolve, 3000); });
        return frame.contentDocument === null;
      }, PORTAL_GATEWAY + path);
      assert.equal(shown, true);
    }
    const texts = await Promise.all(page.frames().slice(1).map((frame) => frame.locator("body").innerText().catch(() => "")));
    for (const text of texts) assert.doesNotMatch(text, /leadgate|Вход/);
  }],
];
