import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

// Every surface has one script and one sheet, the catalogue more of both, and the artists' app a sheet more for each kind
// of page, and a worker; every font family has a sheet of its own, so that a page loads only its own; `fonts.py` cut them
// from what the packages bring.
const fonts = Object.fromEntries(
  readdirSync("src/fonts").map((file) => [`fonts/${file.replace(".css", "")}`, `cut/${file}`]),
);

export default defineConfig({
  base: "/assets/",
  build: {
    assetsDir: "",
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    outDir: "dist",
    target: "es2022",
    rolldownOptions: {
      input: {
        portal: "src/portal.ts",
        door: "src/door.ts",
        store: "src/store.ts",
        "store-embed": "src/store-embed.ts",
        catalogue: "src/catalogue.ts",
        files: "src/files.ts",
        "store-buying": "src/store-buying.ts",
        "artist-home": "src/artist-home.ts",
        "artist-music": "src/artist-music.ts",
        "artist-reading": "src/artist-reading.ts",
        "artist-deals": "src/artist-deals.ts",
        "artist-money": "src/artist-money.ts",
        "artist-paying": "src/artist-paying.ts",
        "artist-worker": "src/artist-worker.ts",
        look: "src/css/look.css",
        ...fonts,
      },
    },
  },
});
