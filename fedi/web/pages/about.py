"""`/about`: what this is, who speaks here, how to follow from elsewhere, and what is kept, read from the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from actors.store import list_collectives
from fedi import settings
from fedi.config import Config
from fedi.instance import Instance
from fedi.text.direction import Direction, language_direction
from fedi.text.links import checked_link
from fedi.web.pages.frame import show, visitor_here
from fedi.web.pages.profile import profile_summary
from fedi.web.sanitised import Sanitised
from fedi.web.site import Head, site_of
from fedi.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the stewards; `href` is None when it is no address a browser can open."""

    text: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """Words of the stewards, ready to be shown."""

    html: Sanitised
    lang: str
    dir: Direction


async def about(instance: Instance, request: Request) -> Response:
    """The page about the instance."""
    visitor = visitor_here(instance, request)
    collectives, said, contact = await instance.look(
        lambda rx: (
            list_collectives(rx),
            {name: settings.list_words(rx, name) for name in settings.SAID},
            settings.find(rx, settings.CONTACT),
        )
    )
    site = site_of(instance.config, instance.urls, collectives)
    summaries = tuple(profile_summary(each) for each in collectives)
    head = Head(
        title=visitor.t("web.about.title"),
        canonical=f"{instance.urls.base}/about",
        description=visitor.t("web.about.what", name=site.name.text),
        is_indexed=site.is_indexed,
    )
    return show(
        request,
        "about.html",
        visitor,
        site,
        head,
        profiles=tuple(zip(site.collectives, summaries, strict=True)),
        privacy=privacy_keys(instance.config),
        contact=_contact(instance.config.instance.contact if contact is None else contact),
        said={name: _written(instance, visitor, texts) for name, texts in said.items()},
    )


def _written(instance: Instance, visitor: Visitor, texts: Mapping[str, str]) -> Written | None:
    """What the stewards wrote, in the visitor's language or the first there is."""
    from fedi.text.markup import render  # noqa: PLC0415 - a server that starts has nobody's words to set yet

    if not texts:
        return None
    language = visitor.language if visitor.language in texts else next(iter(texts))
    html = render(texts[language], mention_link=lambda _: None, hashtag_url=instance.urls.hashtag)
    return Written(Sanitised(html), language, language_direction(language))


def privacy_keys(config: Config) -> tuple[str, ...]:
    """The sentences about privacy that are true of this configuration (S104)."""
    instance = config.instance
    times = (f"web.about.privacy.times.{instance.times}",) if instance.grain else ()
    pictures = ("web.about.privacy.pictures",) if config.media.cache_bytes_max > 0 else ()
    return (
        "web.about.privacy.no_addresses",
        "web.about.privacy.no_third_parties",
        *pictures,
        "web.about.privacy.own_server",
        "web.about.privacy.cookie",
        f"web.about.privacy.posture.{config.instance.posture}",
        *times,
        "web.about.privacy.public",
        "web.about.privacy.events",
        "web.about.privacy.deletion",
    )


def _contact(text: str) -> Contact | None:
    if not text:
        return None
    href = checked_link(text) or (checked_link(f"mailto:{text}") if "@" in text else None)
    return Contact(text, href)
