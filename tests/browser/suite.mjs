// The widget in cards of amoCRM: its archive runs in a frame of the sandbox, as amoCRM runs it. Calls
// of the sandbox's PBX: the card in front of the employee, and the call in the client's timeline. The
// files of the folder `console` have the checks of the console, those of `portal` the checks of the
// console in a frame of a portal: each exports
// `checks = [["a sentence", async (page, tools) => {…}], …]`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

import { chromium } from "playwright-core";

const { BROWSER_PATH, GATEWAY, LINK, PICTURES, PROGRAM, DATA } = process.env;
const CARD = `${GATEWAY}/sandbox/amocrm/leads/31470021`;
const checks = [];
const check = (sentence, body) => checks.push([sentence, body]);

/** Waits for a text in the widget. */
async function shows(page, text) {
  await page.frameLocator("iframe.widget").getByText(text).first().waitFor({ timeout: 30_000 });
}

async function press(page, button) {
  await page.goto(`${GATEWAY}/sandbox/amocrm`);
  const lead = page.locator(".panel", { hasText: "Аналитик" });
  await lead.getByRole("button", { name: button }).click();
  await page.getByText("Шлюз принял хук").waitFor();
}

async function picture(page, name) {
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

check("a card of which nothing is known says so", async (page) => {
  await page.goto(CARD);
  await shows(page, "leadgate пока ничего не получал об этой карточке");
});

check("a button sends a hook, and the card shows the deal with a link", async (page) => {
  await press(page, "Добавлена сделка");
  await picture(page, "amocrm-leads");
  await page.goto(CARD);
  await shows(page, "доставлено");
  const link = page.frameLocator("iframe.widget").getByRole("link", { name: /сделка \d+/ });
  assert.match(await link.getAttribute("href"), /\/sandbox\/deal\/\d+$/);
  const opened = await page.context().newPage();
  await opened.goto(await link.getAttribute("href"));
  await opened.getByText("180022").first().waitFor();
  await opened.close();
});

check("the history has every change with what happened to it", async (page) => {
  await press(page, "Успешно реализована");
  await page.goto(CARD);
  await shows(page, "доставлено");
  const widget = page.frameLocator("iframe.widget");
  await widget.getByRole("button", { name: "История" }).click();
  await shows(page, "смена этапа");
  await shows(page, "создание");
  await picture(page, "amocrm-card");
  await widget.getByRole("button", { name: "Скрыть историю" }).click();
  assert.equal(await widget.getByText("смена этапа").isVisible(), false);
});

check("send again delivers the lead again, and no second deal is made", async (page) => {
  const deals = async () => {
    await page.goto(`${GATEWAY}/sandbox`);
    return page.locator(".card").count();
  };
  const before = await deals();
  await page.goto(CARD);
  await shows(page, "доставлено");
  const widget = page.frameLocator("iframe.widget");
  await widget.getByRole("button", { name: "История" }).click();
  await shows(page, "смена этапа");
  const sent = page.waitForResponse((reply) => reply.url().includes("/send") && reply.request().method() === "POST");
  await widget.getByRole("button", { name: "Отправить ещё раз" }).click();
  assert.equal((await sent).status(), 200);
  await widget.getByRole("button", { name: "Отправить ещё раз" }).and(widget.locator(":enabled")).waitFor();
  // the history is still open and has what happened meanwhile
  await shows(page, "поставлено в очередь вручную");
  assert.equal(await widget.getByRole("button", { name: "Скрыть историю" }).isVisible(), true);
  assert.equal(await deals(), before);
});

check("the widget speaks the language of its user", async (page) => {
  await page.goto(`${CARD}?lang=en`);
  await shows(page, "Send again");
  await shows(page, "delivered");
});

check("the answers come from another origin, after a preflight request", async (page) => {
  const answered = page.waitForResponse((reply) => reply.url().includes("/amo/main/widget/"));
  await page.goto(CARD);
  const reply = await answered;
  assert.equal(new URL(reply.url()).hostname, "localhost");
  assert.equal(reply.headers()["access-control-allow-origin"], GATEWAY);
  assert.ok((await reply.request().allHeaders())["x-auth-token"]);
});

/** Calls a method of the portal. */
async function portal(method, params) {
  const reply = await fetch(`${GATEWAY}/rest/1/sandbox/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(params),
  });
  return (await reply.json()).result;
}

/** Lets a client call an employee. */
async function ring(page, number, inner) {
  await page.goto(`${GATEWAY}/sandbox/pbx`);
  const form = page.locator("form", { hasText: "Звонит клиент" });
  await form.getByRole("textbox").fill(number);
  await form.getByRole("combobox").selectOption(inner);
  await form.getByRole("button", { name: "Позвонить" }).click();
  await page.getByText("Шлюз принял событие").waitFor();
}

/** Loads a page again and again until it has what is looked for. */
async function eventually(page, url, found) {
  for (let times = 0; times < 60; times += 1) {
    await page.goto(url);
    if (await found()) return;
    await page.waitForTimeout(500);
  }
  assert.fail(`${url}: ${found}`);
}

check("a call shows the client's card, and ends in the timeline with its recording", async (page) => {
  const number = "+79062195011";
  const client = await portal("crm.contact.add", {
    fields: { NAME: "Анна", LAST_NAME: "Орлова", ASSIGNED_BY_ID: 12, PHONE: [{ VALUE: number }] },
  });
  const desk = await page.context().newPage();
  await desk.goto(`${GATEWAY}/sandbox/employee/1`);
  await desk.getByText("Здесь никто не звонит").waitFor();
  await ring(page, number, "9022");
  // the page of the employee updates itself
  const card = desk.locator(".call-card", { hasText: number.slice(1) });
  await card.getByRole("link", { name: "Анна Орлова" }).waitFor({ timeout: 10_000 });
  await card.getByText("Ольга Лебедева").waitFor();
  await picture(desk, "pbx-card");
  await page.getByRole("button", { name: "Ответить" }).click();
  await page.getByText("говорит").waitFor();
  // the PBX counts whole seconds of talk
  await page.waitForTimeout(1_200);
  await page.getByRole("button", { name: "Положить трубку" }).click();
  await page.getByText("Шлюз принял событие").waitFor();
  await card.waitFor({ state: "detached", timeout: 30_000 });
  await desk.close();
  const entry = page.locator(".timeline li", { hasText: /Входящий звонок от \+?79062195011/ });
  const player = entry.locator("audio");
  await eventually(page, `${GATEWAY}/sandbox/contact/${client}`, async () => (await player.count()) > 0);
  assert.equal(await entry.count(), 1);
  const played = await page.request.get(`${GATEWAY}${await player.getAttribute("src")}`);
  assert.equal(played.headers()["content-type"], "audio/wav");
  assert.equal((await played.body()).subarray(0, 4).toString(), "RIFF");
  await picture(page, "pbx-timeline");
});

check("a missed call of a new number becomes a lead, and stays open in its timeline", async (page) => {
  const number = "+79062195012";
  await ring(page, number, "9023");
  await page.getByRole("button", { name: "Положить трубку" }).click();
  await page.getByText("Шлюз принял событие").waitFor();
  const lead = page.getByRole("link", { name: `Пропущенный звонок ${number}` });
  await eventually(page, `${GATEWAY}/sandbox/leads`, async () => (await lead.count()) > 0);
  await lead.click();
  await page.waitForURL(/\/sandbox\/lead\/\d+/);
  const entry = page.locator(".timeline li", { hasText: "звонок от" }).filter({ hasText: "запланировано" });
  const url = page.url();
  await eventually(page, url, async () => (await entry.count()) > 0);
  assert.equal(await entry.count(), 1);
});

/** Sends JSON to the gateway, as senders do. */
async function post(path, body) {
  const reply = await fetch(`${GATEWAY}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: reply.status, body: await reply.json().catch(() => null) };
}

/** The cookies of those who have signed in, by role; the link of the start works once. */
const sessions = new Map();

/** Makes a user of the console with this role and signs in by the password. */
async function byPassword(page, role, name = role) {
  const password = "a password of the tests";
  execFileSync(PROGRAM, ["user", "add", name, "--role", role, "--password-stdin", "--data", DATA], { input: password });
  await page.goto(`${GATEWAY}/console/sign-in`);
  await page.locator("input[name=name]").fill(name);
  await page.locator("input[name=password]").fill(password);
  await page.locator("main form button").click();
  await page.locator("nav").waitFor();
}

/** Signs a page in: as somebody who has the link of the start, or as a user with a role. */
async function signIn(page, role = "link") {
  const known = sessions.get(role);
  if (known) {
    await page.context().addCookies(known);
    await page.goto(`${GATEWAY}/console`);
    if (await page.locator("nav").count()) return;
  }
  // the link works once; a check may have ended its session
  if (role === "link" && !known) await page.goto(LINK);
  else if (role === "link") await byPassword(page, "admin", `admin-${Date.now()}`);
  else await byPassword(page, role, known ? `${role}-${Date.now()}` : role);
  sessions.set(role, await page.context().cookies());
  await page.goto(`${GATEWAY}/console`);
  await page.locator("nav").waitFor();
}

const AXE = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Fails if axe finds anything serious on the page. */
async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(found, []);
}

for (const name of ["console", "portal"]) {
  const folder = new URL(`./${name}/`, import.meta.url);
  for (const file of readdirSync(folder).filter((it) => it.endsWith(".mjs")).sort()) {
    const { checks: more } = await import(new URL(file, folder));
    for (const [sentence, body] of more) check(`${file}: ${sentence}`, body);
  }
}
// only those whose sentences contain a text: ONLY=history tests/browser/run.sh
const chosen = checks.filter(([sentence]) => sentence.includes(process.env.ONLY ?? ""));

const browser = await chromium.launch({
  executablePath: BROWSER_PATH,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-proxy-server",
  ],
});
let failed = 0;
for (const [sentence, body] of chosen) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 660 }, locale: "ru-RU", deviceScaleFactor: 1.5 });
  const page = await context.newPage();
  // a refused script, style or request of a page is written there
  const errors = [];
  // what a check provokes itself: a refused request
  const expected = [];
  const tools = {
    GATEWAY, signIn, post, axe, picture: (name) => picture(page, name),
    expects: (pattern) => expected.push(pattern),
  };
  page.on("console", (message) => {
    // the pages of the sandbox have no icon
    const isIcon = message.location().url.endsWith("/favicon.ico");
    if (message.type() === "error" && !isIcon) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  try {
    await body(page, tools);
    assert.deepEqual(errors.filter((text) => !expected.some((pattern) => pattern.test(text))), []);
    console.log(`ok    ${sentence}`);
  } catch (error) {
    failed += 1;
    await picture(page, `failed-${failed}`).catch(() => {});
    console.log(`FAIL  ${sentence}\n      ${error.message.split("\n").slice(0, 6).join("\n      ")}`);
    for (const text of errors) console.log(`      console: ${text}`);
  }
  await context.close();
}
await browser.close();
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
