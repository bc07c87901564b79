// The money tab.
import "./artist";
import "./css/artist-money.css";
