"""Pages of others and exports: schema.org in both its forms, Gancio, Mobilizon; and bytes that are none of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fedi.errors import Invalid, TooLarge
from fedi.publications.place import Place
from fedi.sources.model import BYTES_MAX, Around, Found, Parsed
from fedi.sources.reading import read

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ADDRESS = "https://there.example/events/1"
AROUND = Around(ADDRESS, NOW, "Europe/Paris")
# As Mobilizon writes it: lib/web/views/json_ld/object_view.ex.
OF_MOBILIZON: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "Event",
    "name": "Assemblée",
    "description": "Une phrase",
    "performer": {"@type": "Organization", "name": "Nous"},
    "location": [
        {
            "@type": "Place",
            "name": "Halle",
            "address": {"@type": "PostalAddress", "streetAddress": "1 rue X", "addressLocality": "Lyon", "addressCountry": None},
        },
        {"@type": "VirtualLocation", "url": "https://meet.example/a"},
    ],
    "eventStatus": "https://schema.org/EventScheduled",
    "startDate": "2026-03-05T17:00:00Z",
    "endDate": "2026-03-05T19:00:00Z",
    "image": ["https://there.example/i.png"],
}  # fmt: skip


def page(*items: object, html: str = "", lang: str = "fr") -> Parsed:
    written = [json.dumps(each).replace("</", "<\\/") for each in items]
    scripts = "".join(f'<script type="application/ld+json">{each}</script>' for each in written)
    text = f'<!doctype html><html lang="{lang}"><head><title>A &amp; B</title>{scripts}</head><body>{html}</body></html>'
    return read(text.encode(), AROUND)


def one(**members: object) -> Found:
    [found] = page({**OF_MOBILIZON, **members}).events
    return found


def test_an_event_in_json_ld_is_read() -> None:
    found = one()
    assert (found.title, found.language, found.url) == ("Assemblée", "fr", ADDRESS)
    assert found.starts_at == datetime(2026, 3, 5, 17, tzinfo=UTC)
    assert found.place == Place(name="Halle", street="1 rue X", locality="Lyon")
    assert found.online_url == "https://meet.example/a"
    assert page().name == "A & B"


@pytest.mark.parametrize(
    ("start", "end", "starts_at", "ends_at"),
    [
        ("2026-03-05", None, "2026-03-04T23:00", "2026-03-05T23:00"),
        ("2026-03-05", "2026-03-07", "2026-03-04T23:00", "2026-03-07T23:00"),
        ("2026-03-05T24:00", None, "2026-03-05T23:00", None),
        ("2026-03-05T18:00", "2026-03-05T20:00+03:00", "2026-03-05T17:00", None),
        ("2026-03-05T18:00:00.000+01:00", "2026-03-05T20:00", "2026-03-05T17:00", "2026-03-05T19:00"),
        ("2026-03-05 18:00", "never", "2026-03-05T17:00", None),
    ],
)  # fmt: skip
def test_times_are_those_that_the_page_means(
    start: str, end: str | None, starts_at: str, ends_at: str | None
) -> None:
    found = one(startDate=start, endDate=end)
    assert found.starts_at.strftime("%Y-%m-%dT%H:%M") == starts_at
    assert (found.ends_at and found.ends_at.strftime("%Y-%m-%dT%H:%M")) == ends_at


@pytest.mark.parametrize(
    "members",
    [{"startDate": "2026-02-29"}, {"startDate": None}, {"startDate": 5}, {"startDate": {"a": 1}}, {"name": ""}, {"name": ["", 1]}, {"name": None}],
)  # fmt: skip
def test_an_event_without_a_start_or_a_name_is_counted_and_left_out(
    members: dict[str, Any],
) -> None:
    found = page({**OF_MOBILIZON, **members})
    assert (found.events, found.unreadable) == ((), 1)


@pytest.mark.parametrize(
    "strange", [None, 7, [], {}, "x", [[["x"]]], {"@value": {}}, [{"a": None}], True]
)
def test_nothing_strange_in_a_member_is_more_than_that_member_missing(strange: object) -> None:
    for name in OF_MOBILIZON:
        found = page({**OF_MOBILIZON, name: strange})
        assert len(found.events) <= 1


def test_events_are_found_however_deep_they_lie_and_told_apart() -> None:
    first = {**OF_MOBILIZON, "url": "/e/1"}
    second = {
        **OF_MOBILIZON,
        "@type": ["Thing", "MusicEvent"],
        "startDate": "2026-03-06T17:00:00Z",
        "endDate": None,
    }
    found = page(
        {"@graph": [{"@type": "WebSite"}, {"@type": "ItemList", "itemListElement": [{"item": first}]}]},
        [second, {**second, "startDate": "2026-03-07T17:00:00Z"}],
    ).events  # fmt: skip
    assert found[0].identity == "https://there.example/e/1"
    assert len({each.identity for each in found}) == 3


def test_a_description_is_cleaned_however_it_is_escaped() -> None:
    assert one(description="<p onclick=x>a<script>b</script></p>").html == "<p>a</p>"
    assert one(description="&lt;p&gt;a&lt;script&gt;b&lt;/script&gt;&lt;/p&gt;").html == "<p>a</p>"
    assert one(description="a &amp; b\n\nc").html == "<p>a &amp; b</p><p>c</p>"
    assert one(name="Caf&#233; <b>x</b>").title == "Café x"


def test_a_status_and_keywords_are_read() -> None:
    found = one(eventStatus="EventPostponed", keywords=["a, b c", {"name": "d"}], inLanguage="ar")
    assert (found.status, found.tags, found.language) == ("postponed", ("a", "BC", "d"), "ar")


def test_microdata_is_read_as_gancio_writes_it() -> None:
    """lesion/gancio pages/event/_slug.vue."""
    found = page(
        html='<div class="h-event" itemscope itemtype="https://schema.org/Event">'
        '<strong itemprop="name">Tè &amp; pane</strong>'
        '<time datetime="2026-03-05 20:00" itemprop="startDate" content="2026-03-05T20:00">gio'
        '<div class="d-none" itemprop="endDate" content="2026-03-05T22:00">x</div></time>'
        '<div itemprop="location" itemscope itemtype="https://schema.org/Place"><a href="/place/Casa" itemprop="name">Casa</a>'
        '<div itemprop="address">Via Roma 1</div></div>'
        '<div itemprop="description"><p>Ciao <b>tu</b><script>x</script> &lt;b&gt;</p></div></div><p>after'
    )
    [event] = found.events
    assert event.title == "Tè & pane"
    assert (event.starts_at.hour, event.ends_at and event.ends_at.hour) == (19, 21)
    assert event.place == Place(name="Casa", street="Via Roma 1")
    assert event.html == "<p>Ciao <b>tu</b> &lt;b&gt;</p>"


def test_a_page_names_its_calendar() -> None:
    found = page(html='<link rel="alternate" type="text/calendar" href="/feed.ics?a=1&amp;b=2">')
    assert found.calendar == "https://there.example/feed.ics?a=1&b=2"
    assert (
        page(html='<link rel="alternate" type="text/calendar" href="file:///x">').calendar is None
    )


def test_an_export_of_gancio_is_read_and_known_under_the_name_of_its_calendar() -> None:
    found = read(
        json.dumps([
            {
                "id": 12, "title": "Cena", "slug": "cena", "start_datetime": 1772733600, "end_datetime": 1772740800,
                "multidate": False, "media": [], "description": "<p>Ciao</p>", "online_locations": [],
                "tags": [{"tag": "cibo"}, "festa"], "place": {"id": 1, "name": "Casa", "address": "Via Roma 1"},
            },
            {"id": 13, "title": "Talk", "start_datetime": 1772733600, "place": {"name": "online"}, "online_locations": ["https://meet.example/x"]},
            {"id": 14, "title": "Never", "start_datetime": "soon"},
        ]).encode(),
        AROUND,
    )  # fmt: skip
    cena, talk = found.events
    assert (cena.identity, cena.url) == ("12@there.example", "https://there.example/event/cena")
    assert cena.starts_at == datetime(2026, 3, 5, 18, tzinfo=UTC)
    assert (cena.tags, cena.place) == (("cibo", "festa"), Place(name="Casa", street="Via Roma 1"))
    assert (talk.online_url, found.unreadable) == ("https://meet.example/x", 1)


def test_an_answer_of_mobilizons_api_is_read() -> None:
    found = read(
        json.dumps({"data": {"events": {"elements": [{
            "uuid": "u-1", "url": "https://mobilizon.example/events/u-1", "title": "Réunion", "status": "TENTATIVE",
            "beginsOn": "2026-03-05T17:00:00Z", "endsOn": None, "onlineAddress": "", "tags": [{"title": "x y"}],
            "physicalAddress": {"description": "Halle", "locality": "Lyon", "geom": "4.83;45.76"},
            "options": {"timezone": "America/Bogota"},
        }]}}}).encode(),
        AROUND,
    )  # fmt: skip
    [event] = found.events
    assert (event.identity, event.status, event.timezone) == ("u-1", "tentative", "America/Bogota")
    assert event.place == Place(name="Halle", locality="Lyon", latitude=45.76, longitude=4.83)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"{}", b'{"a": 1}', b"[1, 2]", b"{", b"[" * 50_000, b"\xff\xfe", b"\x00\x01"],
)
def test_bytes_that_are_nothing_of_this_are_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read(content, AROUND)


def test_more_bytes_than_are_read_are_refused() -> None:
    with pytest.raises(TooLarge):
        read(b"BEGIN:VCALENDAR" + b"\n" * BYTES_MAX, AROUND)


def test_an_empty_list_of_gancio_means_that_nothing_is_coming() -> None:
    assert read(b"[]", AROUND).events == ()


@pytest.mark.parametrize(
    "content",
    [
        b"<script type=application/ld+json>" + b"[" * 100_000,
        b'<script type="application/ld+json">' + b'{"a":' * 100_000 + b"</script>",
        b'<script type="application/ld+json">{"@type":"Event"}</script>' * 2_000,
        b"<script" * 50_000,
        b"<p>" + b"&" * 500_000,
        b"<p>" + "«".encode() * 250_000,
        b"<div itemscope itemtype=Event itemprop=x>" * 5_000,
        b"<b itemprop=name>" * 20_000,
    ],
)
def test_a_page_made_to_cost_much_costs_little(content: bytes) -> None:
    assert read(content, AROUND).events == ()


def test_a_calendar_in_another_encoding_is_read() -> None:
    text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260305\nSUMMARY:Été\nEND:VEVENT\nEND:VCALENDAR"
    for content in (text.encode("utf-16"), text.encode("cp1252"), text.encode("utf-8-sig")):
        assert [each.title for each in read(content, AROUND).events] == ["Été"]
