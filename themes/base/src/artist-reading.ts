// Statements, their lines, and money.
import "./artist";
import "./css/artist-reading.css";
