// After the bundler: the icons and sentences that templates need to know of, and every file compressed once.
import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );

const nodes = JSON.parse(readFileSync("node_modules/lucide-static/icon-nodes.json", "utf8"));
const wanted = readFileSync("src/icons.txt", "utf8").split("\n").filter(Boolean);
const drawn = (name) => {
  if (!nodes[name]) throw new Error(`there is no icon called ${name}`);
  return nodes[name]
    .map(([tag, marks]) => `<${tag} ${Object.entries(marks).map(([key, value]) => `${key}="${value}"`).join(" ")}/>`)
    .join("");
};
writeFileSync("dist/icons.json", JSON.stringify(Object.fromEntries(wanted.map((name) => [name, drawn(name)]))));

const said = walk("src")
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\bword\(\s*"((?:[^"\\]|\\.)*)"/g)].map((found) => found[1]));
writeFileSync("dist/words.json", JSON.stringify([...new Set(said)].sort()));

// Papers are drawn with these, and the manifest does not name them: nobody can load them.
cpSync("cut/paper", "dist/paper", { recursive: true });

for (const file of walk("dist").filter((name) => /\.(css|js|svg)$/.test(name))) {
  const content = readFileSync(file);
  writeFileSync(`${file}.br`, brotliCompressSync(content));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}
