// The sandbox as the portal of an application: its pages install it, open it and show its widgets. The
// application is a small server of this file at another origin.

import assert from "node:assert/strict";
import { createServer } from "node:http";

/** The pages of the application: they say what was posted, and talk to the page around them. */
const PAGE = `<!doctype html><html lang="ru"><title>app</title><body><p id="posted"></p><p id="said"></p>
<script>
  const [domain, , sid] = name.split("|");
  const portal = "http://" + domain;
  let count = 0;
  window.ask = (command, params, from = sid) => new Promise((resolve) => {
    const key = "key" + (count += 1);
    const heard = ({ origin, data }) => {
      if (origin !== portal || !data.startsWith(key + ":")) return;
      removeEventListener("message", heard);
      const text = data.slice(key.length + 1);
      resolve(text === "" ? null : JSON.parse(text));
    };
    addEventListener("message", heard);
    // a command that gets no answer
    setTimeout(() => resolve("silence"), 700);
    parent.postMessage([command, ...(params ? [JSON.stringify(params)] : []), key, from].join(":"), portal);
  });
</script></body></html>`;

/** Starts the application and registers it. */
async function application(gateway, installer = true) {
  const requests = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      const url = new URL(request.url, "http://127.0.0.1");
      requests.push({ path: url.pathname, query: url.searchParams, form: new URLSearchParams(body), headers: request.headers });
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(PAGE);
    });
  });
  await new Promise((listens) => { server.listen(0, "127.0.0.1", listens); });
  const root = `http://127.0.0.1:${server.address().port}`;
  const control = async (what, value) => {
    const answer = await fetch(`${gateway}/sandbox/control/${what}`, { method: "POST", body: JSON.stringify(value) });
    assert.equal(answer.status, 200, `${what}: ${await answer.clone().text()}`);
    return answer.json();
  };
  const found = await control("application", {
    name: root, title: `Приложение ${server.address().port}`, handler: `${root}/app`,
    ...(installer ? { installer: `${root}/install` } : {}), scopes: ["crm", "placement"],
  });
  const call = async (method, token, params = {}) => {
    const answer = await fetch(`${gateway}/rest/${method}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ ...params, auth: token }),
    });
    return answer.json();
  };
  const end = async () => {
    await control("application-uninstall", { client_id: found.client_id });
    await control("application-delete", { client_id: found.client_id });
    server.close();
  };
  return { ...found, root, requests, control, call, end, title: `Приложение ${server.address().port}` };
}

const last = (app) => app.requests.filter(({ path }) => path !== "/favicon.ico").at(-1);
const inside = (page) => page.frames().find((frame) => frame !== page.mainFrame());
const ask = (page, ...what) => inside(page).evaluate((what) => window.ask(...what), what);
const opened = (page) => page.frameLocator("iframe.app-frame").locator("#posted").waitFor({ state: "attached" });

async function install(page, gateway, app) {
  await page.goto(`${gateway}/sandbox/app`);
  const section = page.locator("section.panel", { hasText: app.client_id });
  await section.getByRole("button", { name: "Установить приложение" }).click();
  await opened(page);
  return last(app).form.get("AUTH_ID");
}

export const checks = [
  ["an administrator installs an application in a frame, and others open it then", async (page, { GATEWAY, axe, picture }) => {
    const app = await application(GATEWAY);
    try {
      const token = await install(page, GATEWAY, app);
      const { path, query, form, headers } = last(app);
      assert.equal(path, "/install");
      assert.equal(headers.origin, new URL(GATEWAY).origin);
      assert.equal(query.get("DOMAIN"), new URL(GATEWAY).host);
      assert.equal(form.get("PLACEMENT"), "DEFAULT");
      assert.equal(form.get("member_id"), app.member_id);
      const init = await ask(page, "getInitData");
      assert.deepEqual([init.INSTALL, init.IS_ADMIN, init.AUTH_ID], [true, true, token]);
      await page.getByLabel("Сотрудник").selectOption({ label: "Дмитрий Соколов" });
      await page.getByRole("button", { name: "Открыть от имени сотрудника" }).click();
      await page.getByText("Приложение ещё не до конца установлено").waitFor();
      await page.goBack();
      await opened(page);
      await inside(page).evaluate(() => { window.ask("setInstallFinish"); });
      await page.getByText("Приложение установлено.").waitFor();
      await opened(page);
      assert.equal(last(app).path, "/app");
      assert.equal((await ask(page, "getInitData")).INSTALL, false);
      await axe(page);
      await page.getByLabel("Сотрудник").selectOption({ label: "Дмитрий Соколов" });
      await page.getByRole("button", { name: "Открыть от имени сотрудника" }).click();
      await opened(page);
      const profile = await app.call("profile", last(app).form.get("AUTH_ID"));
      assert.deepEqual([profile.result.ID, profile.result.ADMIN], ["7", false]);
      await page.goto(`${GATEWAY}/sandbox/app`);
      await axe(page);
      await picture("sandbox-applications");
    } finally {
      await app.end();
    }
  }],

  ["widgets are buttons over lists and tabs in cards, with the options of the portal", async (page, { GATEWAY, axe, picture }) => {
    const app = await application(GATEWAY, false);
    try {
      const token = await install(page, GATEWAY, app);
      for (const [PLACEMENT, ru, en] of [["CRM_DEAL_LIST_TOOLBAR", "Интеграция с сайтом", "Site"], ["CRM_DEAL_DETAIL_TAB", "Заявки", "Requests"]]) {
        const bound = await app.call("placement.bind", token, {
          PLACEMENT, HANDLER: `${app.root}/widget`, LANG_ALL: { ru: { TITLE: ru }, en: { TITLE: en } },
        });
        assert.equal(bound.result, true, JSON.stringify(bound));
      }
      const deal = (await app.call("crm.deal.add", token, { fields: { TITLE: "Заказ" } })).result;
      await page.goto(`${GATEWAY}/sandbox`);
      await page.getByRole("link", { name: "Интеграция с сайтом" }).click();
      await opened(page);
      assert.equal(last(app).form.get("PLACEMENT"), "CRM_DEAL_LIST_TOOLBAR");
      assert.equal(last(app).form.get("PLACEMENT_OPTIONS"), String.raw`{"URI":"\/crm\/deal\/list\/"}`);
      await page.goto(`${GATEWAY}/sandbox/deal/${deal}`);
      await page.getByRole("link", { name: "Заявки", exact: true }).last().click();
      await opened(page);
      assert.equal(JSON.parse(last(app).form.get("PLACEMENT_OPTIONS")).ID, String(deal));
      await page.getByRole("heading", { name: "Заказ" }).waitFor();
      await axe(page);
      await picture("sandbox-tab");
      await page.goto(`${GATEWAY}/sandbox?lang=en`);
      await page.getByRole("link", { name: "Site" }).click();
      await opened(page);
      assert.equal(last(app).query.get("LANG"), "en");
    } finally {
      await app.end();
    }
  }],

  ["the page around the frame answers its own application and nobody else", async (page, { GATEWAY }) => {
    const app = await application(GATEWAY, false);
    try {
      await install(page, GATEWAY, app);
      const fresh = await ask(page, "refreshAuth");
      assert.equal((await app.call("profile", fresh.AUTH_ID)).result.ID, "1");
      assert.equal((await app.call("profile", fresh.AUTH_ID)).error, undefined);
      assert.equal(await ask(page, "getInitData", null, "of-an-earlier-opening"), "silence");
      assert.equal(await ask(page, "unknownCommand"), "silence");
      await ask(page, "setTitle", { title: "Каналы: сайт" });
      await page.getByRole("heading", { name: "Каналы: сайт" }).waitFor();
      const size = await ask(page, "resizeWindow", { width: "100%", height: 777 });
      assert.equal(size.height, 777);
      const refused = await ask(page, "openPath", { path: "https://evil.example/" });
      assert.deepEqual(refused, { result: "error", errorCode: "PATH_NOT_AVAILABLE" });
      // a page of another origin in a frame of its own gets silence
      const silence = await page.evaluate(async (url) => {
        const foreign = document.createElement("iframe");
        foreign.name = document.querySelector("iframe.app-frame").name;
        foreign.src = url;
        document.body.append(foreign);
        await new Promise((loaded) => { foreign.onload = loaded; });
        return foreign.name;
      }, `${app.root}/foreign`);
      const foreign = page.frames().find((frame) => frame.url().endsWith("/foreign"));
      assert.equal(await foreign.evaluate(() => window.ask("getInitData")), "silence", silence);
      await app.control("application-quirks", { on: ["silent_parent"] });
      await page.reload();
      await opened(page);
      page.on("console", () => {});
      await app.control("application-quirks", {});
      await inside(page).evaluate((path) => { window.ask("openPath", { path }); }, "/crm/deal/");
      await page.waitForURL(`${GATEWAY}/sandbox`);
    } finally {
      await app.control("application-quirks", {});
      await app.end();
    }
  }],

  ["a notice leads to the application, and its removal is told", async (page, { GATEWAY }) => {
    const app = await application(GATEWAY, false);
    try {
      const token = await install(page, GATEWAY, app);
      const bound = await app.call("event.bind", token, { event: "ONAPPUNINSTALL", handler: `${app.root}/events` });
      assert.equal(bound.result, true);
      const webhook = `${GATEWAY}/rest/1/sandbox/im.notify.system.add`;
      const text = `Установлено. [URL=/marketplace/view/${app.client_id}/]Открыть приложение[/URL]`;
      await fetch(webhook, { method: "POST", body: new URLSearchParams({ USER_ID: "1", MESSAGE: text }) });
      await page.goto(`${GATEWAY}/sandbox/notices`);
      const link = await page.getByRole("link", { name: "Открыть приложение" }).first().getAttribute("href");
      await page.goto(`${GATEWAY}${link}`);
      await opened(page);
      await page.goto(`${GATEWAY}/sandbox/app`);
      const section = page.locator("section.panel", { hasText: app.client_id });
      await section.getByRole("button", { name: "Удалить с портала" }).click();
      await page.locator("[data-sent='ONAPPUNINSTALL'] .status", { hasText: "200" }).first().waitFor();
      const { path, form } = last(app);
      assert.equal(path, "/events");
      assert.match(form.get("auth[application_token]"), /^[0-9a-f]{32}$/);
      assert.equal(form.get("auth[access_token]"), null);
      assert.equal((await app.call("profile", token)).error, "NOT_INSTALLED");
    } finally {
      await app.end();
    }
  }],
];
