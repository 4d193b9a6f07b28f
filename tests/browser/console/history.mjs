// The first page, the history and the page of a submission.

import assert from "node:assert/strict";

const HOSTILE = `<img src=x onerror="document.title='run'">{{x}} =cmd`;
let number = 700_000;

/** Sends an answer of an invented person. */
async function send(tools, fields) {
  number += 1;
  const data = { firstname: "Мария", lastname: "Соколова", email: `maria${number}@mail.example`, ...fields };
  const sent = await tools.post("/polls/postAnswer", { header_data: { poll_id: 123, answer_id: number }, data });
  assert.equal(sent.status, 200);
  return number;
}

/** Opens the page of an answer, and waits until it is delivered. */
async function open(page, { GATEWAY }, answer) {
  for (let times = 0; times < 60; times += 1) {
    await page.goto(`${GATEWAY}/console/history/polls/123/${answer}`);
    if (await page.locator(".state-delivered").count()) return;
    await page.waitForTimeout(500);
  }
  assert.fail("not delivered");
}

export const checks = [
  ["a sample goes through the gateway into the sandbox, and its page follows it", async (page, tools) => {
    await tools.signIn(page);
    // others may have sent something before
    const button = page.getByRole("button", { name: "Отправить 1 пример ответа" });
    if (await button.count() === 0) return;
    await button.click();
    await page.locator(".state-delivered").first().waitFor({ timeout: 30_000 });
    await page.getByText("проба").first().waitFor();
  }],
  ["the search sends no digit of a phone in a request line, and its address finds the same", async (page, tools) => {
    const answer = await send(tools, { phone: "8 (912) 345-67-89" });
    await tools.signIn(page);
    const lines = [];
    page.on("request", (request) => lines.push(request.url()));
    await open(page, tools, answer);
    await page.goto(`${tools.GATEWAY}/console/history`);
    await page.getByRole("searchbox").fill("8 (912) 345-67-89");
    await page.getByRole("button", { name: "Найти" }).click();
    await page.waitForFunction(() => location.hash.includes("345"));
    const row = page.locator("tbody tr", { hasText: `ответ ${answer}` });
    await row.waitFor();
    assert.ok(lines.every((line) => !decodeURIComponent(line.split("#")[0]).includes("345-67-89")), lines.join("\n"));
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.locator("tbody tr", { hasText: `ответ ${answer}` }).waitFor();
    await other.close();
    await tools.picture("console-history");
  }],
  ["what arrives waits behind a bar, and no row moves", async (page, tools) => {
    await send(tools, {});
    await tools.signIn(page);
    await page.goto(`${tools.GATEWAY}/console/history`);
    const first = await page.locator("tbody tr").first().innerText();
    await page.waitForTimeout(1_500);
    const answer = await send(tools, {});
    const bar = page.locator("a.new");
    await bar.waitFor({ timeout: 30_000 });
    assert.match(await bar.innerText(), /^\d+ нов/);
    assert.equal((await page.locator("tbody tr").first().innerText()).split("\n")[0], first.split("\n")[0]);
    await bar.click();
    await page.locator("tbody tr", { hasText: `ответ ${answer}` }).waitFor();
  }],
  ["hostile text is shown as typed", async (page, tools) => {
    const answer = await send(tools, { comment: HOSTILE, phone: "+7 912 345-67-80" });
    await tools.signIn(page);
    await open(page, tools, answer);
    await page.getByText(HOSTILE).first().waitFor();
    assert.equal(await page.locator("main img").count(), 0);
    assert.notEqual(await page.title(), "run");
    await tools.picture("console-submission");
  }],
  ["pages of the history fit a phone, light and dark", async (page, tools) => {
    const answer = await send(tools, { phone: "+7 912 345-67-81" });
    await tools.signIn(page);
    await open(page, tools, answer);
    const here = page.url();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        for (const [name, url] of [["overview", "/console"], ["history", "/console/history"], ["submission", here]]) {
          await page.goto(new URL(url, tools.GATEWAY).href);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${name} is ${wide} px wide at ${width}`);
          await tools.picture(`h-${name}-${colorScheme}-${width}`);
        }
      }
    }
  }],
];
