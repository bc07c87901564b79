import "./css/base.css";
import "./css/kit.css";
import "./css/door.css";
import "./css/store.css";
import "./elements/passkey-button";
import "./elements/small-things";
import "./elements/typed-again";
