// Signing in by the link of the start.

import assert from "node:assert/strict";

export const checks = [
  ["the link of the start signs in, and the page says where everything goes", async (page, { signIn }) => {
    await signIn(page);
    assert.equal(await page.locator("h1").innerText(), "Обзор");
    await page.getByText("Песочница").first().waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "ru");
  }],
];
