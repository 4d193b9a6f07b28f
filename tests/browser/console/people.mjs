// Signing in, people, sources and portals.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

const { PROGRAM, DATA } = process.env;
const PASSWORD = "a password of the tests";

/** Runs a command beside the gateway. */
const command = (words, input) => execFileSync(PROGRAM, [...words, "--data", DATA], { input });

/** Fills the page for signing in. */
async function enter(page, name, password) {
  await page.locator("input[name=name]").fill(name);
  await page.locator("input[name=password]").fill(password);
  await page.locator("main form button").click();
}

export const checks = [
  ["a wrong password is told, keeps the name, and the right one leads to the page that was wanted", async (page, { GATEWAY, expects, axe }) => {
    command(["user", "add", "ольга", "--role", "operator", "--password-stdin"], PASSWORD);
    expects(/422/);
    await page.goto(`${GATEWAY}/console/portals`);
    await axe(page);
    await enter(page, "ольга", "wrong wrong wrong");
    await page.getByRole("alert").waitFor();
    assert.equal(await page.locator("input[name=name]").inputValue(), "ольга");
    await enter(page, "ольга", PASSWORD);
    await page.getByRole("heading", { name: "Порталы и сервисы" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/console/portals");
    await page.getByRole("button", { name: "Выйти" }).click();
    await page.getByRole("button", { name: "Войти" }).waitFor();
  }],

  ["what is typed into a form survives the end of the session", async (page, { GATEWAY, expects }) => {
    command(["user", "add", "ivan", "--role", "operator", "--password-stdin"], PASSWORD);
    await page.goto(`${GATEWAY}/console/portals/crm:sandbox`);
    await enter(page, "ivan", PASSWORD);
    const note = page.getByLabel(/Почему/);
    await note.fill("меняем вебхук");
    command(["user", "sign-out", "ivan"]);
    expects(/401/);
    await page.getByRole("button", { name: /Приостановить/ }).click();
    await page.getByText("Сеанс завершён").waitFor();
    assert.equal(await note.inputValue(), "меняем вебхук");
    const second = await page.context().newPage();
    await second.goto(`${GATEWAY}/console/portals/crm:sandbox`);
    await enter(second, "ivan", PASSWORD);
    await second.getByRole("heading", { name: "crm:sandbox" }).waitFor();
    const renewed = page.waitForResponse((reply) => reply.url().endsWith("/console/token"));
    await page.bringToFront();
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    assert.equal((await renewed).status(), 200);
    await page.getByRole("button", { name: /Приостановить/ }).click();
    await page.getByText("меняем вебхук").waitFor();
    await page.getByRole("button", { name: /Возобновить/ }).click();
    await page.getByRole("button", { name: /Приостановить/ }).waitFor();
  }],

  ["an administrator adds a person and gives another role", async (page, { GATEWAY, signIn, axe, picture }) => {
    await signIn(page);
    await page.goto(`${GATEWAY}/console/users`);
    await axe(page);
    await page.locator("input[name=name]:visible").fill("Пётр");
    await page.locator("select[name=role]").selectOption("author");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Добавить человека" }).click();
    await page.getByText("Добавлен.").waitFor();
    await picture("users");
    await page.getByRole("link", { name: "Пётр" }).click();
    await page.locator("select[name=role]").selectOption("viewer");
    await page.getByRole("button", { name: "Изменить роль" }).click();
    await page.getByText("Роль изменена.").waitFor();
    await axe(page);
    await page.goto(`${GATEWAY}/console/account`);
    await axe(page);
  }],

  ["a portal is paused and resumed by hand", async (page, { GATEWAY, signIn, axe, picture }) => {
    await signIn(page);
    await page.goto(`${GATEWAY}/console/portals/crm:sandbox`);
    await page.getByLabel(/Почему/).fill("<img src=x onerror=alert(1)> новый вебхук");
    await page.getByRole("button", { name: /Приостановить/ }).click();
    await page.getByText("<img src=x onerror=alert(1)> новый вебхук").waitFor();
    await page.getByText("приостановлен вручную").waitFor();
    await axe(page);
    await picture("portal");
    await page.goto(`${GATEWAY}/console/portals`);
    await axe(page);
    await picture("portals");
    await page.goto(`${GATEWAY}/console/portals/crm:sandbox`);
    await page.getByRole("button", { name: /Возобновить/ }).click();
    await page.getByRole("button", { name: /Приостановить/ }).waitFor();
  }],

  ["sources and a channel are read at 360 pixels, light and dark", async (page, { GATEWAY, signIn, axe, picture }) => {
    await signIn(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const [width, name] of [[360, "narrow"], [1280, "wide"]]) {
        await page.setViewportSize({ width, height: 800 });
        for (const path of ["sources", "sources/channels/site-orders", "sources/refused", "portals"]) {
          await page.goto(`${GATEWAY}/console/${path}`);
          await page.locator("h1").waitFor();
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          assert.ok(wider <= 0, `${path} is ${wider} pixels too wide at ${width}`);
          await axe(page);
          await picture(`${path.replaceAll("/", "-")}-${name}-${colorScheme}`);
        }
      }
    }
  }],
];
