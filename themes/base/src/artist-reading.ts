// Statements and their lines.
import "./artist";
import "./css/artist-reading.css";
