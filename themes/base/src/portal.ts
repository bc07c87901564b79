import "./css/base.css";
import "./css/kit.css";
import "./css/table.css";
import "./css/shell.css";
// htmx puts itself where its extension looks for it, and looks at the page only once both are there.
import "htmx.org/dist/htmx.esm.min.js";
import "htmx.org/dist/ext/hx-csp.min.js";

import "./elements/command-palette";
import "./elements/inline-edit";
import "./elements/keyboard-map";
import "./elements/live-feed";
import "./elements/many-rows";
import "./elements/passkey-button";
import "./elements/part-of-page";
import "./elements/small-things";
import "./elements/typed-again";
