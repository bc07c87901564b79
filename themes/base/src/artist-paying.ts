// Quotes, payouts, accounts and tax forms.
import "./artist";
import "./css/artist-paying.css";
