// What holds for every page: hostile text stays text, nothing comes from another host, the first page is
// small, a keyboard is enough, one zone, and a slow server loses and mixes nothing.

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { control, fill, open, profile, save, settled, shown } from "../editing.mjs";

const HOSTILE = `<img src=x onerror="window.hit=1">{{x}}=cmd|'/C calc'!A0"><script>window.hit=1</script>`;

/** Sends hostile packets everywhere, and returns the addresses of all pages that may show them. */
async function hostile(page, tools) {
  await profile(page, tools, "hostile", `name: '${HOSTILE.replaceAll("'", "''").replaceAll("{{x}}", "")}'\nreceive: { channel: hostile }\nfields:\n  who: $.name\n  topic: $.topic\ndeal:\n  fields:\n    TITLE: "{{who}}"\n    UF_CRM_TOPICS: { value: "{{topic}}", as: label }\n`);
  await tools.post("/in/hostile", { name: HOSTILE, [HOSTILE]: [{ code: HOSTILE, value: HOSTILE }] });
  await tools.post("/in/hostile", { name: HOSTILE, topic: HOSTILE });
  await tools.post("/in/hostile-captured", { name: HOSTILE, [HOSTILE]: HOSTILE });
  await tools.post("/polls/postAnswer", { header_data: { poll_id: HOSTILE, answer_id: HOSTILE }, data: { firstname: HOSTILE } });
  const delivered = await settled(page, tools, "hostile", "delivered");
  const parked = await settled(page, tools, "hostile", "parked");
  const [one, other] = [delivered, parked].map((path) => path.split("/").at(-1));
  await page.goto(`${tools.GATEWAY}/console/attention`);
  await page.locator("article", { hasText: "hostile" }).getByRole("button", { name: /^Повторить…/ }).click();
  await page.getByText("ждёт подтверждения").waitFor();
  const replay = new URL(page.url()).pathname;
  return [
    "/console", "/console/history", `/console/history?q=x#q=${encodeURIComponent(HOSTILE)}`,
    `/console/history?profile=${encodeURIComponent(HOSTILE)}&source=${encodeURIComponent(HOSTILE)}&state=${encodeURIComponent(HOSTILE)}`,
    delivered, parked, `${parked}/replay`, "/console/attention", "/console/alerts", "/console/replays", replay, `${replay}/examples?group=0`,
    "/console/profiles", "/console/profiles/hostile.yaml/versions", "/console/profiles/hostile.yaml/versions/1",
    `/console/profiles/hostile.yaml?packet=${one}`, `/console/profiles/hostile.yaml?packet=${other}&mode=yaml`,
    "/console/profiles/new", "/console/profiles/new?source=channels/hostile-captured",
    "/console/sources", "/console/sources/channels/hostile", "/console/sources/refused", "/console/portals",
    "/console/portals/crm:sandbox", "/console/calls", "/console/users", "/console/account", "/console/audit",
    `/console/${encodeURIComponent(HOSTILE)}`,
  ];
}

/** Presses Tab until something is focused, as people without a mouse do. */
async function tabTo(page, locator, most = 400) {
  for (let times = 0; times < most; times += 1) {
    // a page that reads itself anew has another element in its place
    if (await locator.first().evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${locator}`);
}

export const checks = [
  ["hostile text runs on no page, each fits a phone, and axe finds nothing serious in light and dark", async (page, tools) => {
    await tools.signIn(page);
    const paths = await hostile(page, tools);
    tools.expects(/404|400|422/);
    const foreign = [];
    page.on("request", (request) => { if (!request.url().startsWith(tools.GATEWAY) && !/^(data|blob):/.test(request.url())) foreign.push(request.url()); });
    for (const [colorScheme, width] of [["light", 1280], ["dark", 360]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      for (const path of paths) {
        await page.goto(`${tools.GATEWAY}${path}`);
        await page.locator("h1").waitFor();
        if (/profiles\/.*\.yaml\?/.test(path)) await page.locator("#editor[data-ready]").waitFor();
        assert.equal(await page.evaluate(() => window.hit), undefined, path);
        assert.equal(await page.locator("main img, main script:not([src])").count(), 0, path);
        const wide = await page.evaluate(() => {
          const beyond = (it) => it.getBoundingClientRect().right > window.innerWidth + 1 && !it.closest(".table, pre, #yaml");
          if (document.documentElement.scrollWidth <= window.innerWidth) return [];
          return [...document.querySelectorAll("main *")].filter(beyond).map((it) => it.outerHTML.slice(0, 120)).slice(0, 3);
        });
        assert.deepEqual(wide, [], `${path} at ${width}`);
        await tools.axe(page).catch((error) => assert.fail(`${path}, ${colorScheme}: ${error.message}`));
      }
    }
    assert.deepEqual(foreign, []);
  }],
  ["the first page has less than 100 KB compressed, and comes from one host", async (page, tools) => {
    await tools.signIn(page);
    const context = await page.context().browser().newContext({ locale: "ru-RU" });
    await context.addCookies(await page.context().cookies());
    const fresh = await context.newPage();
    const asked = new Set();
    fresh.on("request", (request) => { if (!request.url().endsWith("/events")) asked.add(request.url()); });
    for (const path of ["/console", "/console/history", "/console/attention"]) {
      asked.clear();
      await fresh.goto(`${tools.GATEWAY}${path}`, { waitUntil: "load" });
      const urls = [...asked];
      const bodies = await Promise.all(urls.map(async (url) => (await fresh.request.get(url)).body()));
      const whole = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
      assert.ok(urls.length >= 4, `${path}: only ${urls.length} replies`);
      assert.ok(urls.every((url) => url.startsWith(tools.GATEWAY)), urls.join());
      assert.ok(!urls.some((url) => url.includes("/editor.js")), path);
      assert.ok(whole < 100_000, `${path} has ${whole} bytes`);
    }
    await context.close();
  }],
  ["times have one zone, the viewer's: charts, tables and filters", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "zoned", `name: Zoned\nreceive: { channel: zoned }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await tools.post("/in/zoned", { name: "Анна" });
    const address = await settled(page, tools, "zoned", "delivered");
    const cookies = (await page.context().cookies()).filter(({ name }) => name !== "leadgate-zone");
    const context = await page.context().browser().newContext({ locale: "ru-RU", timezoneId: "Asia/Kamchatka" });
    await context.addCookies(cookies);
    const far = await context.newPage();
    await far.goto(`${tools.GATEWAY}/console`);
    // the first page is loaded again once the gateway knows the zone
    await far.locator("footer", { hasText: "Asia/Kamchatka, UTC+12:00" }).waitFor();
    const hour = new Intl.DateTimeFormat("ru-RU", { hour: "2-digit", timeZone: "Asia/Kamchatka" });
    const last = far.locator("section.card", { hasText: "За 24 часа" });
    await last.getByText("время: Asia/Kamchatka").waitFor();
    await last.locator("summary").click();
    const rows = await last.locator("tbody th").allInnerTexts();
    const hours = [Date.now(), Date.now() - 3_600_000].map((at) => `${hour.format(at).padStart(2, "0")}:00`);
    assert.ok(rows.some((row) => hours.includes(row)), `${rows} / ${hours}`);
    await far.goto(`${tools.GATEWAY}${address}`);
    const time = far.locator("main time").first();
    const at = new Date(await time.getAttribute("datetime"));
    const format = new Intl.DateTimeFormat("ru", { dateStyle: "short", timeStyle: "short", timeZone: "Asia/Kamchatka" });
    assert.equal(await time.innerText(), format.format(at));
    await far.goto(`${tools.GATEWAY}/sandbox`);
    await far.getByText("Время портала: UTC+03:00").waitFor();
    await context.close();
  }],
  ["a slow server: a late answer replaces no newer one, and a save is sent once", async (page, tools) => {
    await tools.signIn(page);
    const name = "slow";
    await profile(page, tools, name, `name: Slow\nreceive: { channel: slow }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await tools.post("/in/slow", { name: "Анна" });
    await settled(page, tools, name, "delivered");
    await open(page, tools, name, "?mode=yaml");
    let asked = 0;
    await page.route("**/editor/read", async (route) => {
      asked += 1;
      // the first answer is the last to arrive
      const reply = await route.fetch();
      if (asked === 1) await new Promise((done) => setTimeout(done, 3_000));
      await route.fulfill({ response: reply });
    });
    await page.locator("#yaml .cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("comment: none\n");
    await page.waitForTimeout(600);
    await page.keyboard.type("# more\n");
    await page.keyboard.type("oops: [\n");
    await page.locator("#problems", { hasText: "Ошибка" }).waitFor();
    await page.waitForTimeout(3_500);
    assert.ok(asked >= 2, `${asked}`);
    await page.locator("#problems", { hasText: "Ошибка" }).waitFor();
    await page.unroute("**/editor/read");
    page.on("dialog", (dialog) => dialog.accept());
    await open(page, tools, name);
    await page.locator("[data-notice=draft] button", { hasText: "Отбросить" }).click();
    await fill(page, control(page, ["name"]), "Slow and saved");
    let saved = 0;
    await page.route("**/save", async (route) => {
      saved += 1;
      await new Promise((done) => setTimeout(done, 1_500));
      await route.continue();
    });
    await page.locator("#save").click();
    await page.locator("#saving-save:enabled").dblclick();
    await page.locator("#saving[open]").waitFor({ state: "detached", timeout: 20_000 });
    assert.equal(saved, 1);
  }],
  ["a connection that breaks in the middle of an edit loses nothing", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "broken", `name: Broken\nreceive: { channel: broken }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await open(page, tools, "broken", "?mode=yaml");
    tools.expects(/ERR_|Failed to load/);
    await page.route("**/console/**", (route) => route.abort());
    await page.locator("#yaml .cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# typed without a connection\n");
    await page.locator("[data-notice=connection]", { hasText: "Нет связи" }).waitFor();
    await page.unroute("**/console/**");
    await page.keyboard.type("# and with one\n");
    await page.locator("[data-notice=connection]").waitFor({ state: "detached" });
    assert.match(await shown(page), /# typed without a connection\n# and with one/);
    assert.equal((await save(page)).status(), 200);
  }],
  ["a session that ends before a save keeps the text and the note, and saves after signing in", async (page, tools) => {
    await tools.signIn(page);
    await profile(page, tools, "ended", `name: Ended\nreceive: { channel: ended }\nfields:\n  who: $.name\ndeal: { fields: { TITLE: "{{who}}" } }\n`);
    await open(page, tools, "ended");
    await fill(page, control(page, ["name"]), "Ended and saved");
    await page.locator("#save").click();
    await page.locator("#saving-save:enabled").waitFor();
    await page.locator("#saving-note").fill("почему");
    tools.expects(/401/);
    await page.context().clearCookies();
    await page.locator("#saving-save").click();
    await page.locator("#saving-notices", { hasText: "Сеанс завершён" }).waitFor();
    assert.equal(await page.locator("#saving-note").inputValue(), "почему");
    const other = await page.context().newPage();
    await tools.signIn(other, "author");
    await page.bringToFront();
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    const answer = page.waitForResponse((reply) => reply.url().endsWith("/save"));
    await page.waitForTimeout(500);
    await page.locator("#saving-save").click();
    assert.equal((await answer).status(), 200);
    await other.close();
  }],
  ["by the keyboard alone, in the dark: from what waits to the corrected profile and the replay", async (page, tools) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await tools.signIn(page);
    await profile(page, tools, "keyboard", `name: Keyboard\nreceive: { channel: keyboard }\nfields:\n  who: $.name\n  topic: $.topic\ndeal:\n  fields:\n    TITLE: "{{who}}"\n    UF_CRM_TOPICS: { value: "{{topic}}", as: label }\n`);
    await tools.post("/in/keyboard", { name: "Анна", topic: "Лепка" });
    await settled(page, tools, "keyboard", "parked");
    // no white flash: the first paint is dark, before any script
    await page.goto(`${tools.GATEWAY}/console/attention`, { waitUntil: "commit" });
    const colour = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    assert.match(colour, /dark/);
    const article = page.locator("article", { hasText: "keyboard" });
    await tools.axe(page);
    await tabTo(page, article.getByRole("link", { name: "Открыть один в редакторе" }));
    await page.keyboard.press("Enter");
    await page.locator("#editor[data-ready]").waitFor();
    await page.locator("#form tr.is-target").waitFor();
    // the row that parks it has the focus
    assert.equal(await page.evaluate(() => document.activeElement.closest("tr")?.dataset.place), JSON.stringify(["deal", "fields", "UF_CRM_TOPICS"]));
    const pairs = page.locator(`#form [data-op=pair][data-path='["deal","fields","UF_CRM_TOPICS","map"]']`);
    const [from, to] = [pairs.locator("input").first(), pairs.locator("input").nth(1)];
    await tabTo(page, from);
    await page.keyboard.type("Лепка");
    await page.keyboard.press("Tab");
    assert.equal(await to.evaluate((it) => it === document.activeElement), true);
    await page.keyboard.type("Олимпиады");
    await page.keyboard.press("Enter");
    await page.locator("#preview", { hasText: "будет доставлено" }).waitFor();
    await tools.axe(page);
    await page.keyboard.press("Control+s");
    await page.locator("#saving[open]").waitFor();
    await tools.axe(page);
    await page.locator("#saving-save:enabled").waitFor();
    await tabTo(page, page.locator("#saving-save"), 40);
    await page.keyboard.press("Enter");
    await page.locator("#saving[open]").waitFor({ state: "detached" });
    await page.goto(`${tools.GATEWAY}/console/attention`);
    await tabTo(page, article.getByRole("button", { name: /^Повторить…/ }));
    await page.keyboard.press("Enter");
    const confirm = page.getByRole("button", { name: "Повторить 1", exact: true });
    await confirm.waitFor();
    await tools.axe(page);
    await tabTo(page, confirm);
    await page.keyboard.press("Enter");
    await page.getByText("закончен", { exact: true }).first().waitFor({ timeout: 60_000 });
    await settled(page, tools, "keyboard", "delivered");
  }],
  ["numbers have their words: 1 обращение, 2 обращения, 5 обращений, 21 обращение", async (page, tools) => {
    for (const [count, words] of [[1, "1 обращение"], [2, "2 обращения"], [5, "5 обращений"], [21, "21 обращение"]]) {
      for (let number = 0; number < count; number += 1) await tools.post(`/in/plural-${count}`, { number });
      await tools.signIn(page);
      await page.goto(`${tools.GATEWAY}/console/attention`);
      const article = page.locator("article").filter({ has: page.locator(`code:text-is("channels/plural-${count}")`) });
      await article.locator("strong", { hasText: new RegExp(`^${words}$`) }).first().waitFor();
    }
  }],
  ["the overview shows the limits of each portal and service beside its health", async (page, tools) => {
    await tools.signIn(page);
    await page.goto(`${tools.GATEWAY}/console`);
    const card = page.locator("section.card", { hasText: "Порталы и сервисы" });
    await card.getByText("Запросы в работе").first().waitFor();
    await card.getByText(/из \d+ с за 10 мин/).first().waitFor();
    const gauge = await card.locator(".gauge svg").first().boundingBox();
    assert.ok(gauge.width > 50 && gauge.height > 4, JSON.stringify(gauge));
    await tools.picture("overview");
  }],
  ["a source that is silent shows on the overview also if nobody is to be told", async (page, tools) => {
    await tools.signIn(page);
    await page.goto(`${tools.GATEWAY}/console`);
    const card = page.locator("section.card", { hasText: "Оповещения" });
    await card.getByText(/silent/).first().waitFor();
    await page.goto(`${tools.GATEWAY}/console/alerts`);
    await page.getByText("Об этом никто не получает сообщений").waitFor();
    await page.locator("#alerts tr", { hasText: "silent" }).waitFor();
  }],
];
