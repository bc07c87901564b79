import "./css/base.css";
import "./css/kit.css";
import "./css/table.css";
import "./css/shell.css";
import htmx from "htmx.org/dist/htmx.esm.js";

// The extensions look for htmx where a plain script would have put it.
(window as unknown as { htmx: unknown }).htmx = htmx;
await import("htmx.org/dist/ext/hx-csp.js");

import "./elements/command-palette";
import "./elements/keyboard-map";
import "./elements/live-feed";
import "./elements/many-rows";
import "./elements/passkey-button";
import "./elements/small-things";
