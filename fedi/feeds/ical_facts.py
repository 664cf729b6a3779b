"""What calendars have no property for, as lines of a description. Pure."""

from fedi.i18n.catalog import translator
from fedi.i18n.tongues import language_name
from fedi.text.direction import clean_line
from fedi.views.listed import Listed

LINE_CHARS_MAX = 300


def facts_of(listed: Listed) -> str:
    """Who organises it and what people ask before they come, a line each, in the language of the event; empty when there is nothing.

    A calendar has one organiser, and no participants when it is published (RFC 5546 3.2.1).
    """
    details, language = listed.publication.event, listed.publication.language
    if not (
        listed.organisers
        or details.spoken
        or details.cost
        or details.wheelchair
        or details.childcare
        or details.interpretation
        or details.contact
    ):
        return ""
    t = translator(language)
    comma = "، " if t.language == "ar" else ", "
    author = [listed.author] if listed.author else []
    names = [each.title for each in (*author, *listed.organisers)] if listed.organisers else []
    said = {
        "organisers": comma.join(names),
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
