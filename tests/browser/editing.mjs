// What checks of the editor of profiles have in common.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const file = (name) => join(process.env.MAPPINGS, name);
export const text = (name) => readFileSync(file(name), "utf8");

/** Writes a profile for a channel of its own and waits until the gateway knows it. */
export async function profile(page, { GATEWAY }, name, content) {
  writeFileSync(file(`${name}.yaml`), content);
  for (let tries = 0; tries < 100; tries += 1) {
    const reply = await page.request.get(`${GATEWAY}/console/profiles/${name}.yaml/state`);
    // a merge begins from a version that is kept
    if (reply.ok() && (await reply.json()).version) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`the gateway does not know ${name}`);
}

export async function open(page, { GATEWAY }, name, more = "") {
  await page.goto(`${GATEWAY}/console/profiles/${name}.yaml${more}`);
  await page.locator("#editor[data-ready]").waitFor();
  await page.locator("#form .block").first().waitFor({ state: "attached" });
}

/** The text in the editor, as CodeMirror shows it. */
export const shown = async (page) => {
  await page.locator("#mode-yaml").click();
  const lines = (await page.locator("#yaml .cm-line").allInnerTexts()).map((line) => line.replace(/\n$/, ""));
  await page.locator("#mode-form").click();
  return lines.join("\n");
};

export const control = (page, path) => page.locator(`#form [data-op=set][data-path='${JSON.stringify(path)}']`);

/** Fills a control of the form and waits for the answer. */
export async function fill(page, locator, value) {
  const answer = page.waitForResponse((reply) => reply.url().endsWith("/editor/change"));
  if (await locator.evaluate((it) => it.tagName) === "SELECT") await locator.selectOption(value);
  else { await locator.fill(value); await locator.blur(); }
  assert.equal((await answer).status(), 200);
}

export async function save(page) {
  await page.locator("#save").click();
  await page.locator("#saving[open]").waitFor();
  const answer = page.waitForResponse((reply) => reply.url().endsWith("/save"));
  await page.locator("#saving-save").click();
  return answer;
}

/** Waits until submissions of a channel have a state, and returns the address of the latest one's page. */
export async function settled(page, { GATEWAY }, channel, state, count = 1) {
  const list = `${GATEWAY}/console/history?source=channels/${channel}&state=${state}`;
  for (let times = 0; times < 120; times += 1) {
    const found = (await (await page.request.get(list)).text()).match(/\/console\/history\/[0-9a-f]{20,}/g) ?? [];
    if (new Set(found).size >= count) return found[0];
    await page.waitForTimeout(250);
  }
  assert.fail(`nothing of ${channel} is ${state}`);
}
