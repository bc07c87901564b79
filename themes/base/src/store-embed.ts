import "./css/base.css";
import "./css/kit.css";
import "./css/store-embed.css";
import "./elements/shop-player";
