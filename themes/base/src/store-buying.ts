import "./css/store-buying.css";
import "./css/store-account.css";
