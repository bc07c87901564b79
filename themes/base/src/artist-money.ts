// Money: what there is, getting paid, accounts, and tax forms.
import "./artist";
import "./css/artist-money.css";
