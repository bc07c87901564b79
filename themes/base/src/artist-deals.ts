// Contracts, splits and people.
import "./artist";
import "./css/artist-deals.css";
