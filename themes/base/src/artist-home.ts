// Home and releases: what a device keeps to be shown without a connection.
import "./artist";
import "./css/artist-home.css";
