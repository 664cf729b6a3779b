"""What calendars have no property for, as lines of a description. Pure."""

from fedi.i18n.catalog import translator
from fedi.i18n.tongues import language_name
from fedi.publications.event.model import EventDetails
from fedi.text.direction import clean_line

LINE_CHARS_MAX = 300


def facts_of(details: EventDetails, language: str) -> str:
    """What people ask before they come, a line each, in the language of the event; empty when nothing is said."""
    if not (
        details.spoken
        or details.cost
        or details.wheelchair
        or details.childcare
        or details.interpretation
        or details.contact
    ):
        return ""
    t = translator(language)
    comma = "، " if t.language == "ar" else ", "
    said = {
        "spoken": comma.join(language_name(each, t.language) for each in details.spoken),
        "cost": details.cost,
        "wheelchair": details.wheelchair and t(f"event.wheelchair.{details.wheelchair}"),
        "childcare": details.childcare,
        "interpretation": details.interpretation,
        "contact": details.contact,
    }
    return "\n".join(
        f"{t(f'event.{name}')}: {clean_line(text, LINE_CHARS_MAX)}"
        for name, text in said.items()
        if text
    )
