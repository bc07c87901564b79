"""A label's tone of voice: a few sentences that are said warmly or boldly, in every language, instead of plainly.

What a label writes itself comes before its voice.
"""

from __future__ import annotations

from typing import Final

from app.kernel.sentences import sentence

LINK: Final = (
    "Open this link within 15 minutes to sign in:\n\n%(link)s\n\nIf you did not ask for it, ignore this mail.\n"
)
INVITED: Final = "You are invited to %(label)s. Choose a name and a password here within a week:\n\n%(link)s\n"
WELCOME: Final = "For the people of this label."
SOON: Final = "The shop opens soon"
SOLD: Final = "Music, vinyl and more from this label will be sold here."

VOICES: Final = {
    "warm": {
        WELCOME: sentence("Welcome back. It is good to see you."),
        SOON: sentence("Our shop opens soon, and we look forward to you"),
        SOLD: sentence("You will find our music, vinyl and more here. Thank you for listening."),
        LINK: sentence(
            "Good to see you again. Open this link within 15 minutes to sign in:\n\n%(link)s\n\n"
            "If you did not ask for it, please ignore this mail.\n"
        ),
        INVITED: sentence(
            "We are glad to have you at %(label)s. Please choose a name and a password here within a week:\n\n"
            "%(link)s\n"
        ),
    },
    "bold": {
        WELCOME: sentence("Back to work."),
        SOON: sentence("Opening soon"),
        SOLD: sentence("Music. Vinyl. More. All of it here."),
        LINK: sentence("This is your way in, for 15 minutes:\n\n%(link)s\n\nNot you? Ignore this mail.\n"),
        INVITED: sentence("You are in at %(label)s. Name and password, within a week:\n\n%(link)s\n"),
    },
}
"""What is said in place of a sentence, by voice; "plain" says the sentence itself."""
