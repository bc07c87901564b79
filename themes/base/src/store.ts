import "./css/base.css";
import "./css/kit.css";
import "./css/store-frame.css";
import "./css/store-release.css";
import "./css/store-pages.css";
import "./css/store-player.css";
import "htmx.org/dist/htmx.esm.min.js";
import "htmx.org/dist/ext/hx-csp.min.js";

import "./elements/shop-player";
import "./elements/shop-page";
import "./elements/checkout-sum";
import "./elements/small-things";
