// One release.
import "./artist";
import "./css/artist-music.css";
