// What waits for a person, and replays of many.

import assert from "node:assert/strict";

/** Sends requests to a channel that no profile takes. */
async function capture(post, count) {
  for (let number = 1; number <= count; number += 1) {
    await post("/in/feedback", { name: "Анна", email: `anna${number}@mail.example` });
  }
}

/** Sends answers to a poll that a shipped profile delivers. */
async function answers(post, first, count) {
  for (let number = first; number < first + count; number += 1) {
    const data = { firstname: "Анна", email: `replayed${number}@mail.example` };
    await post("/polls/postAnswer", { header_data: { poll_id: 123, answer_id: number }, data });
  }
}

/** Makes dry runs of the delivered answers of the poll until one has this many. */
async function dryRun(page, gateway, least) {
  await page.goto(`${gateway}/console/replays`);
  const token = await page.evaluate(() => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF"]);
  const form = { csrf: token, state: "delivered", source: "polls/123", delivered: "1", step: "crm" };
  for (let attempt = 0; attempt < 120; attempt += 1) {
    const made = await page.request.post(`${gateway}/console/replays`, { form, maxRedirects: 0, failOnStatusCode: false });
    if (made.status() === 303) {
      await page.goto(`${gateway}${made.headers().location}`);
      await page.getByText("ждёт подтверждения").waitFor();
      const button = page.getByRole("button", { name: /^Повторить \d+$/ });
      if ((await button.count()) === 1 && Number(/\d+/.exec(await button.innerText())[0]) >= least) return;
    }
    await page.waitForTimeout(500);
  }
  assert.fail("the answers are not delivered");
}

/** Returns the number beside a name. */
async function count(page, name) {
  const row = page.locator("#replay tr", { has: page.getByRole("rowheader", { name, exact: true }) });
  return Number(await row.locator("td").innerText());
}

export const checks = [
  ["delivered answers are replayed: dry run, confirmation, outcomes without a reload", async (page, { GATEWAY, signIn, post, picture }) => {
    await answers(post, 8000, 3);
    await signIn(page);
    await dryRun(page, GATEWAY, 3);
    await page.getByRole("heading", { name: "Что показал пробный прогон" }).waitFor();
    await picture("console-replay");
    await page.getByRole("button", { name: /^Повторить \d+$/ }).dblclick();
    await page.getByText("закончен", { exact: true }).first().waitFor({ timeout: 60_000 });
    assert.ok((await count(page, "доставлено")) >= 3);
    assert.equal(await count(page, "снова отложено"), 0);
  }],
  ["a stopped replay leaves the rest as it is, and the sums agree", async (page, { GATEWAY, signIn, post }) => {
    await answers(post, 20_000, 60);
    await signIn(page);
    await dryRun(page, GATEWAY, 60);
    await post("/sandbox/control/faults", { code: "CREDENTIALS_REVOKED", times: "always" });
    await page.getByRole("button", { name: /^Повторить \d+$/ }).click();
    await page.getByRole("row", { name: /^доставляется\s+50$/ }).waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: /^Остановить/ }).click();
    await post("/sandbox/control/faults", []);
    await page.getByText("остановлен", { exact: true }).first().waitFor({ timeout: 60_000 });
    const [delivered, rest] = [await count(page, "доставлено"), await count(page, "не начато")];
    const all = Number(/\d+$/.exec(await page.locator("#replay caption").innerText())[0]);
    assert.equal(delivered, 50);
    assert.equal(delivered + rest, all);
  }],
  ["what no profile takes is listed, and is dismissed with a note", async (page, { GATEWAY, signIn, post, picture }) => {
    await capture(post, 3);
    await signIn(page);
    await page.goto(`${GATEWAY}/console/attention`);
    const group = page.locator("article", { hasText: "channels/feedback" });
    await group.getByText("3 обращения").waitFor();
    await group.getByRole("link", { name: "Создать профиль" }).waitFor();
    await picture("console-attention");
    await group.getByRole("button", { name: "Пропустить… (3)" }).click();
    await page.getByLabel("Почему ничего делать не нужно").fill("проверка");
    await page.getByRole("button", { name: "Пропустить 3" }).click();
    await page.getByRole("heading", { name: "Внимание" }).waitFor();
    await page.locator("#attention").waitFor({ state: "attached" });
    assert.equal(await page.locator("article", { hasText: "channels/feedback" }).count(), 0);
  }],
  ["the page of the calls follows the sandbox's PBX without a reload", async (page, { GATEWAY, signIn }) => {
    await signIn(page);
    await page.goto(`${GATEWAY}/console/calls`);
    const calls = page.locator("#calls");
    await calls.waitFor();
    const ringing = await fetch(`${GATEWAY}/sandbox/pbx/press/ring`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
      body: "number=%2B79066800404&inner=9022",
      redirect: "manual",
    });
    assert.ok(ringing.status < 400, String(ringing.status));
    await calls.getByText("звонит").first().waitFor({ timeout: 15_000 });
  }],
];
