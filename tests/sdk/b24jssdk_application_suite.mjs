// @bitrix24/b24jssdk as a local application against the sandbox: tokens of OAuth on a server, and a page in
// the portal's frame in a real Chromium. Without one the frame is skipped, unless BROWSER=required.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { AjaxError, B24OAuth } from "@bitrix24/b24jssdk";

const { SANDBOX_CONTROL: CONTROL, SANDBOX_SECURE_HOST: HOST, BROWSER_PATH } = process.env;
const PLAIN = new URL(CONTROL).origin;
const checks = [];
const check = (sentence, body) => checks.push([sentence, body]);

async function control(what, body) {
  const answer = await fetch(CONTROL + what, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, `${what}: ${await answer.clone().text()}`);
  return answer.json();
}

/** An application that an administrator has opened. */
async function installed(base, handler = "https://127.0.0.1:9/app") {
  await control("portal", { base_url: base });
  const found = await control("application", {
    name: "jssdk", handler, installer: `${handler}/install`, scopes: ["crm", "placement"],
  });
  const whose = { client_id: found.client_id };
  await control("application-install", whose);
  return { ...found, whose };
}

async function client() {
  const base = `https://${HOST}`;
  const app = await installed(base);
  const { form } = await control("application-open", app.whose);
  const of = Object.fromEntries(form);
  const options = {
    applicationToken: of.APPLICATION_TOKEN, userId: 1, memberId: of.member_id, accessToken: of.AUTH_ID,
    refreshToken: of.REFRESH_ID, expires: Math.floor(Date.now() / 1000) + 3600, expiresIn: 3600, scope: "crm",
    domain: HOST, clientEndpoint: `${base}/rest/`, serverEndpoint: of.SERVER_ENDPOINT, status: "L",
  };
  const b24 = new B24OAuth(options, { clientId: app.client_id, clientSecret: app.client_secret });
  b24.offClientSideWarning();
  const call = async (method, params = {}) => {
    const answer = await b24.actions.v2.call.make({ method, params });
    assert.ok(answer.isSuccess, answer.getErrorMessages().join("; "));
    return answer.getData().result;
  };
  return { app, b24, call };
}

check("calls with a token, and the methods of applications", async () => {
  const { b24, call } = await client();
  assert.equal((await call("profile")).ID, "1");
  await b24.initIsAdmin();
  assert.equal(b24.auth.isAdmin, true);
  assert.equal(await call("placement.bind", { PLACEMENT: "CRM_DEAL_DETAIL_TAB", HANDLER: "https://127.0.0.1:9/tab" }), true);
  assert.equal((await call("placement.get"))[0].placement, "CRM_DEAL_DETAIL_TAB");
  assert.equal((await call("app.info")).STATUS, "L");
});

check("an expired token is refreshed, and the refresh token rotates", async () => {
  const { app, b24, call } = await client();
  const pairs = [];
  b24.setCallbackRefreshAuth(async ({ b24OAuthParams }) => pairs.push(b24OAuthParams.refreshToken));
  await control("application-tokens", { ...app.whose, do: "expire_access" });
  assert.equal((await call("profile")).ID, "1");
  assert.equal((await call("profile")).ID, "1");
  assert.equal(pairs.length, 1);
  await control("application-tokens", { ...app.whose, do: "expire_refresh" });
  await control("application-tokens", { ...app.whose, do: "expire_access" });
  // the library shows the status of the refusal, not its code
  await assert.rejects(call("profile"), /status code 400/);
});

check("a removed application is told apart", async () => {
  const { app, call } = await client();
  await control("application-uninstall", app.whose);
  await assert.rejects(call("profile"), (error) => error instanceof AjaxError && error.code === "NOT_INSTALLED");
});

/** A page that runs the library's build for browsers. */
async function serve() {
  const resolve = createRequire(import.meta.url).resolve("@bitrix24/b24jssdk/package.json");
  const library = readFileSync(new URL("dist/umd/index.min.js", `file://${resolve}`));
  const server = createServer((request, response) => {
    const isScript = request.url === "/sdk.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? library : "<!doctype html><title>app</title><script src=\"/sdk.js\"></script><p id=\"ready\">");
  });
  await new Promise((listens) => { server.listen(0, "127.0.0.1", listens); });
  return server;
}

check("a page in the frame: installation, calls, tokens, size and title", async () => {
  if (!BROWSER_PATH) return "skipped: no Chromium";
  const { chromium } = await import("playwright-core");
  const server = await serve();
  const browser = await chromium.launch({ executablePath: BROWSER_PATH, args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"] });
  try {
    await installed(PLAIN, `http://127.0.0.1:${server.address().port}/app`);
    const page = await browser.newPage();
    const { id } = (await (await fetch(`${CONTROL}applications`)).json()).all.find(({ name }) => name === "jssdk");
    const inside = async () => {
      await page.frameLocator("iframe.app-frame").locator("#ready").waitFor({ state: "attached" });
      return page.frames().find((frame) => frame.name().includes("|"));
    };
    await page.goto(`${PLAIN}/sandbox/app/open?app=${id}&as=1`);
    const installing = await (await inside()).evaluate(async () => {
      const b24 = await B24Js.initializeB24Frame();
      const answer = await b24.actions.v2.call.make({ method: "profile", params: {} });
      const found = { install: b24.isInstallMode, admin: b24.auth.isAdmin, lang: b24.getLang(), id: answer.getData().result.ID };
      b24.installFinish();
      return found;
    });
    assert.deepEqual(installing, { install: true, admin: true, lang: "ru", id: "1" });
    await page.getByText("Приложение установлено.").waitFor();
    const after = await (await inside()).evaluate(async () => {
      const b24 = await B24Js.initializeB24Frame();
      const before = b24.auth.getAuthData().access_token;
      const fresh = await b24.auth.refreshAuth();
      await b24.parent.setTitle("Каналы: сайт");
      await b24.parent.resizeWindow(900, 777);
      return { install: b24.isInstallMode, isFresh: before !== fresh.access_token };
    });
    assert.deepEqual(after, { install: false, isFresh: true });
    assert.equal(await page.locator("#pagetitle").innerText(), "Каналы: сайт");
    assert.equal(await page.locator("iframe.app-frame").evaluate((frame) => frame.offsetHeight), 777);
  } finally {
    await browser.close();
    server.close();
  }
  return undefined;
});

let failed = 0;
for (const [sentence, body] of checks) {
  await control("reset", {});
  await control("limits", { bucket: null, operating: null });
  try {
    const note = await body();
    console.log(`ok    b24jssdk as an application: ${sentence}${note ? ` (${note})` : ""}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  b24jssdk as an application: ${sentence}: ${error.message ?? error}`);
  }
}
process.exit(failed ? 1 : 0);
