"""Why a theme, a logo, a font or a block is not taken."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class ThemeUnknown(NotFound):
    """The label has no such version of its theme."""

    message = "This version of the brand could not be found."


class PresetUnknown(NotFound):
    """There is no preset of this name."""

    message = "There is no preset of this name."


class ThemeNotDraft(Conflict):
    """Only a draft can be changed or published; what people have seen stays as it was."""

    message = "This version was published and stays as it is. Start a new draft from it."


class ThemeScheduled(Conflict):
    """What waits for its moment is published as it was checked."""

    message = "This draft will be published at its time and stays as it is. Cancel that to change it."


class NotScheduled(Conflict):
    """The version waits for no moment."""

    message = "This version is not scheduled any more."


class MomentRefused(Invalid):
    """The moment is none, has passed, or is too far away."""

    message = "Choose a moment in the future, within a year."


class NothingToRollBack(Conflict):
    """The label has no earlier version to go back to."""

    message = "There is no earlier version to go back to."


class ThemeInputRefused(Invalid):
    """An input is outside its limits; `fields` names it."""

    message = "Some of these settings cannot be used as they are."


class ChecksFailed(Invalid):
    """The draft would publish something that cannot be read or is missing."""

    message = "This draft cannot be published yet. The checks say what is missing."


class AssetUnknown(NotFound):
    """The label has no such logo or font."""

    message = "This logo or font could not be found."


class LogoRefused(Invalid):
    """The picture cannot be taken."""

    message = "This picture cannot be taken. Send an SVG, PNG, JPEG or WebP."


class LogoTooLarge(LogoRefused):
    """The file is larger than a logo needs to be."""

    message = "This picture is too large. A logo may have up to 2 MB and 16 million pixels."


class LogoAnimated(LogoRefused):
    """A logo stands still."""

    message = "This picture moves. Send one that stands still."


class LogoUnsafe(LogoRefused):
    """The SVG declares entities or a document type, or is too deep or too long to be drawn safely."""

    message = "This SVG holds more than a drawing. Export it again as plain SVG, with text as outlines."


class LogoEmpty(LogoRefused):
    """Nothing is left to be seen."""

    message = "Nothing can be seen on this picture."


class FontRefused(Invalid):
    """The font cannot be taken."""

    message = "This font cannot be taken. Send a TrueType or OpenType file of up to 4 MB."


class FontLicenceMissing(Invalid):
    """Nobody has said that the label may use the font on its pages."""

    message = "Confirm that your licence covers this font on web pages."


class SentenceUnknown(NotFound):
    """No page says this sentence, or the label has none of its own for it."""

    message = "This sentence could not be found."


class LanguageNotSpoken(NotFound):
    """The label's pages are not read in this language."""

    message = "Your label does not speak this language."


class WordsRefused(Invalid):
    """The text cannot stand in place of the original."""

    message = "This text cannot be used as it is."


class TextEmpty(WordsRefused):
    """There is nothing to say."""

    message = "Write a text, or remove your own to say it as before."


class TextTooLong(WordsRefused):
    """The text would break the page it stands on."""

    message = "This text may have up to %(most)s characters."


class FormsMissing(WordsRefused):
    """A language has more forms than there are texts."""

    message = "Write a text for each of the %(count)s forms."


class PlacesMissing(WordsRefused):
    """Something that the sentence tells would be told no more."""

    message = "Your text must keep these places exactly as they are: %(places)s"


class PlacesUnknown(WordsRefused):
    """Nothing fills a place that the original does not have."""

    message = "The original does not have these places, so nothing would fill them: %(places)s"


class BlockRefused(Invalid):
    """The block cannot be shown; nothing of it is."""

    message = "This block cannot be shown."


class BlockNotUnderstood(BlockRefused):
    """The template is no Liquid, or uses what is not offered."""

    message = "This block cannot be understood. It may use Liquid's plain tags and filters."


class BlockTooLong(BlockRefused):
    """The template is longer than a block may be."""

    message = "This block is too long. It may have up to 20,000 characters."


class BlockTooMuch(BlockRefused):
    """The block writes, repeats or keeps more than it may, or takes too long."""

    message = "This block asks for too much work. Repeat less in it."
