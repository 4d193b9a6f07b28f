// Makes the pictures of the console: `node console.mjs CHROMIUM SIGN_IN_LINK FOLDER`. The gateway behind
// the link has some answers, and its profiles are the shipped ones.
import { chromium } from "playwright-core";

const [executablePath, link, folder] = process.argv.slice(2);
const gateway = new URL(link).origin;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server", "--no-first-run"] });
const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: "ru-RU", deviceScaleFactor: 1.5 });
const page = await context.newPage();
await page.goto(link);
const picture = (name) => page.screenshot({ path: `${folder}/${name}.png` });

await page.goto(`${gateway}/console`);
await page.locator(".chart").first().waitFor();
await picture("console-overview");
await page.goto(`${gateway}/console/history`);
await page.locator("tbody tr").first().waitFor();
await picture("console");
await page.setViewportSize({ width: 1600, height: 900 });
await page.goto(`${gateway}/console/profiles/consultation.yaml`);
await page.locator("#editor[data-ready]").waitFor();
await page.locator("#preview .state").waitFor();
await page.locator("#tree [data-leaf]").first().waitFor();
await picture("console-editor");
await browser.close();
