// Builds the editor into one file that the program contains, and collects the licences of what is in
// it. `node build.mjs FOLDER` writes editor.js and editor.licences.txt there.
import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2] ?? "../../src/console/assets";
const result = await build({
  entryPoints: ["editor.mjs"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "LeadgateEditor",
  target: ["chrome100", "firefox100", "safari15"],
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  outfile: join(folder, "editor.js"),
});

const inputs = Object.keys(result.metafile.inputs).filter((path) => path.startsWith("node_modules/"));
const packages = new Set(inputs.map((path) => path.split("/").slice(1, path.includes("/@") ? 3 : 2).join("/")));
const texts = [...packages].sort().map((name) => {
  const home = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const file = readdirSync(home).find((it) => /^licen[cs]e/i.test(it));
  return `${name} ${version} (${license})\n\n${readFileSync(join(home, file), "utf8").trim()}\n`;
});
writeFileSync(join(folder, "editor.licences.txt"), texts.join(`\n${"-".repeat(72)}\n\n`));
