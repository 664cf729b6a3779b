"""Documents that other servers really sent: each becomes the right kind with the right fields, or a named refusal."""

from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import pytest

from fedi.errors import Invalid
from fedi.publications.activitystreams import build_object, parse_publication
from fedi.publications.model import Publication
from fedi.vocab.activity import parse_activity
from fedi.vocab.strict import check_no_moved_meaning, dump, parse_document
from tests.peers.shared import FIXTURES, VECTORS, fixture, innermost, need

NOW = datetime(2026, 11, 21, tzinfo=UTC)

# file → kind, and what must have been read
READ: dict[str, tuple[str, dict[str, Any]]] = {
    "bonfire/note-with-policies.json": (
        "note",
        {"author": "https://bonfire.cafe/pub/actors/example", "visibility": "public"},
    ),
    "discourse/page.json": ("note", {"original.name": "Our next meeting"}),
    "fedibird/note-quote-uri.json": (
        "note",
        {
            "language": "ja",
            "visibility": "quiet",
            "quote": "https://example.com/objects/43479e20-c0f8-4f49-bf7f-13fab8234924",
        },
    ),
    "fep/0837-proposal-full.json": (
        "aid_offer",
        {
            "original.name": "Offering used bike",
            "aid.action": "transfer",
            "aid.what": "https://www.wikidata.org/wiki/Q11442",
            "aid.quantity": "1",
            "aid.unit": "one",
            "aid.available": "1",
            "aid.in_return": True,
            "aid.place.latitude": 25.0,
        },
    ),
    "fep/8b32-signed-create.json": ("note", {"original.content": "Hello world"}),
    "friendica/create-note.json": (
        "note",
        {"in_reply_to": "https://lemmy.schuerz.at/post/25360", "language": "de"},
    ),
    "friendica/note.json": ("note", {"author": "https://soc.schuerz.at/profile/jakob"}),
    "friendica/page.json": (
        "statement",
        {"type": "Page", "url": "https://www.nasaspaceflight.com/2022/03/us-eva-80/"},
    ),
    "friendica/update-note.json": ("note", {"visibility": "quiet"}),
    "funkwhale/create-audio.json": (
        "note",
        {"type": "Audio", "original.name": "Compositions - Test Audio for Pleroma"},
    ),
    "gancio/create-event.json": (
        "event",
        {
            "original.name": "Demo event",
            "event.starts_at": datetime(2021, 7, 14, 15, 30, 57, tzinfo=UTC),
            "event.offset_minutes": 120,
            "event.place.name": "Colosseo",
            "original.summary": "📍 Colosseo 📅 Wednesday, 14 July (17:30)",
        },
    ),
    "gnusocial/create-note.json": ("note", {"original.content": "<p>yay ^^</p>"}),
    "hubzilla/create-image.json": (
        "note",
        {"type": "Image", "original.name": "daf82c18ef92a84cda72(1).jpg"},
    ),
    "kroeg/create-arrayless-emoji.json": (
        "note",
        {"author": "https://puckipedia.com/", "visibility": "public"},
    ),
    "lemmy/announce-create-page.json": ("statement", {"original.name": "post 4"}),
    "lemmy/comment.json": (
        "note",
        {"in_reply_to": "https://enterprise.lemmy.ml/post/55143", "language": "fr"},
    ),
    "lemmy/create-comment.json": ("note", {"original.content": "hello"}),
    "lemmy/page.json": ("statement", {"original.name": "Post title", "language": "fr"}),
    "lemmy/update-page.json": ("statement", {"original.content": "<p>test body</p>"}),
    "mastodon/create-note-attachment.json": ("note", {"visibility": "public"}),
    "mastodon/create-note-contentmap.json": ("note", {"language": "en"}),
    "mastodon/create-note-hashtag.json": ("note", {"language": "und"}),
    "mastodon/create-note.json": (
        "note",
        {"published_at": datetime(2018, 2, 12, 14, 8, 20, tzinfo=UTC)},
    ),
    "mastodon/create-private-message.json": ("note", {"visibility": "direct", "language": "es"}),
    "mastodon/create-question.json": ("note", {"type": "Question", "language": "en"}),
    "mastodon/create-vote.json": ("note", {"original.name": "suya..", "original.content": ""}),
    "mastodon/note-with-language.json": ("note", {"language": "ja"}),
    "misskey/note-mfm.json": ("note", {"original.content": "this does not get replaced"}),
    "misskey/note-quote.json": (
        "note",
        {"quote": "https://example.com/objects/43479e20-c0f8-4f49-bf7f-13fab8234924"},
    ),
    "misskey/note.json": ("note", {"author": "https://misskey.io/users/83ssedkv53"}),
    "mitra/create-post.json": ("note", {"language": "da"}),
    "mitra/proposal.json": (
        "aid_offer",
        {
            "aid.action": "deliverService",
            "aid.unit": "second",
            "aid.minimum": "50000",
            "aid.in_return": True,
        },
    ),
    "mobilizon/create-event-group.json": (
        "event",
        {"author": "http://mobilizon1.com/@group", "event.ends_at": None},
    ),
    "mobilizon/create-event.json": (
        "event",
        {
            "event.online_url": "https://google.com",
            "event.place.locality": "Lyon",
            "event.display_end": False,
        },
    ),
    "mobilizon/event.json": (
        "event",
        {
            "author": "https://rendezvous.nomagic.uk/@devon_caledonian_society",
            "language": "en",
            "event.starts_at": datetime(2022, 12, 11, 19, tzinfo=UTC),
            "event.ends_at": datetime(2022, 12, 11, 21, tzinfo=UTC),
            "event.timezone": "Europe/London",
            "event.place.street": "Devon Expressway",
            "event.place.longitude": -3.537739788359949,
            "event.category": "SPORTS",
            "event.capacity": None,
            "event.participant_count": 0,
            "event.contacts": ("https://rendezvous.nomagic.uk/@emorrp1",),
            "updated_at": datetime(2022, 9, 27, 14, 39, 18, tzinfo=UTC),
        },
    ),
    "nodebb/announce-create.json": ("note", {"original.name": "Is ActivityPub too complicated?"}),
    "nodebb/announce-note.json": (
        "note",
        {"context": "https://community.nodebb.org/topic/18563"},
    ),
    "nodebb/page.json": ("statement", {"original.name": "Welcome to your NodeBB!"}),
    "owncast/note-attachment-object.json": ("note", {"visibility": "public"}),
    "peertube/note.json": (
        "note",
        {"in_reply_to": "https://bae.st/objects/87c1cbf5-542a-491d-af57-0414c8648381"},
    ),
    "peertube/video.json": (
        "note",
        {
            "type": "Video",
            "author": "https://tilvids.com/accounts/thelinuxexperiment",
            "url": "https://tilvids.com/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1",
            "language": "en",
        },
    ),
    "pixelfed/note-image.json": ("note", {"author": "https://mocked.local/users/karen"}),
    "pleroma/create-note.json": ("note", {"author": "https://greenish.red/users/nutomic"}),
    "pleroma/note.json": ("note", {"visibility": "quiet", "original.content": "Have what?"}),
    "smithereen/note.json": ("note", {"url": "https://friends.grishka.me/posts/66561"}),
    "wordpress/announce.json": ("statement", {"language": "en"}),
    "wordpress/note.json": ("note", {"uri": "https://pfefferle.org?c=148"}),
    "wordpress/page.json": (
        "statement",
        {
            "type": "Article",
            "context": "https://dbzer0.com/wp-json/activitypub/1.0/posts/27948/context",
            "updated_at": datetime(2025, 12, 10, 18, 23, 32, tzinfo=UTC),
        },
    ),
}

# file → why it is no publication; every other file is of a type that is none
REFUSED: dict[str, str] = {
    "fep/0837-confirmation.json": "publication.author",
    "fep/8a8e-event-attendees.json": "publication.author",
    "fep/8a8e-event-external-join.json": "publication.author",
    "fep/8a8e-event-hybrid.json": "publication.author",
    "fep/8a8e-event-organizers.json": "publication.author",
    "fep/b2b8-article.json": "publication.author",
    "mbin/announce-create.json": "publication.id",
    "wordpress/event-impossible-date.json": "publication.author",
}


def publication(name: str, **more: Any) -> Publication:
    return parse_publication(innermost(fixture(name)) | more, now=NOW)


def test_every_document_of_another_server_is_read_or_refused_for_the_reason_we_say() -> None:
    expected = {name: kind for name, (kind, _) in READ.items()} | REFUSED
    outcome = {}
    for path in sorted(need(FIXTURES).glob("*/*.json")):
        name = f"{path.parent.name}/{path.name}"
        document = fixture(name)
        try:
            outcome[name] = parse_publication(
                innermost(document) if isinstance(document, dict) else document, now=NOW
            ).kind
        except Invalid as refusal:
            outcome[name] = refusal.message_key
    unlisted = {"gancio/event-location-mixed.json": "publication.not_object"}
    for name in outcome:
        expected.setdefault(name, unlisted.get(name, "publication.type_unknown"))
    assert outcome == expected


@pytest.mark.parametrize(
    ("name", "member", "value"),
    [
        (name, member, value)
        for name, (_, fields) in READ.items()
        for member, value in fields.items()
    ],
)
def test_a_document_of_another_server_gives_up_its_fields(
    name: str, member: str, value: Any
) -> None:
    assert attrgetter(member)(publication(name)) == value


def test_an_emoji_that_is_no_list_is_one_emoji() -> None:
    (emoji,) = publication("kroeg/create-arrayless-emoji.json").tags
    assert (emoji.kind, emoji.name) == ("emoji", ":icon_e_smile:")


def test_an_attachment_that_is_no_list_is_one_picture() -> None:
    (picture,) = publication("owncast/note-attachment-object.json").attachments
    assert picture.role == "image"


def test_the_banner_of_mobilizon_is_the_banner() -> None:
    (banner,) = publication("mobilizon/event.json").attachments
    assert (banner.role, banner.alt) == ("banner", None)


def test_the_website_of_mobilizon_is_not_listed_a_second_time() -> None:
    links = publication("mobilizon/create-event.json").attachments
    assert [link.name for link in links] == ["Another link"]


def test_the_picture_that_hubzilla_puts_into_url_is_shown() -> None:
    (picture,) = publication("hubzilla/create-image.json").attachments
    assert picture.url.endswith("-0.jpg")


def test_the_choices_of_a_question_can_be_read() -> None:
    html = publication("mastodon/create-question.json").original.content
    assert html.count("<li>") == 4


def test_of_a_hybrid_event_the_place_and_the_first_room_are_kept() -> None:
    event = publication("fep/8a8e-event-hybrid.json", attributedTo="https://example.org/u").event
    assert event.place is not None
    assert (event.place.name, event.online_url) == (
        "Fediverse University",
        "https://bbb.example.com/meeting-room-1",
    )


def test_rooms_that_gancio_hides_in_addresses_are_rooms() -> None:
    locations = fixture("gancio/event-location-mixed.json")
    event = publication("gancio/create-event.json", location=locations).event
    assert event.place is not None
    assert (event.place.name, event.online_url) == (
        "Location with a name",
        "https://virtual.location.org",
    )


def test_an_event_that_is_only_a_room_is_online() -> None:
    location = fixture("gancio/event-location-virtual.json")
    event = publication("gancio/create-event.json", location=location).event
    assert (event.place, event.is_online) == (None, True)


def test_a_postal_address_is_taken_apart() -> None:
    location = fixture("gancio/event-location-postal.json")
    place = publication("gancio/create-event.json", location=location).event.place
    assert place is not None
    assert place.address_lines == (
        "15 Fediverse Street",
        "8010 Fediverse Town",
        "Steiermark",
        "Austria",
    )


def test_a_page_to_sign_up_elsewhere_is_kept() -> None:
    event = publication(
        "fep/8a8e-event-external-join.json", attributedTo="https://example.org/u"
    ).event
    assert (event.join_mode, event.external_url) == ("external", "https://example.org/foo#register")


def test_an_event_on_the_29th_of_february_2030_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refusal:
        publication("wordpress/event-impossible-date.json", attributedTo="https://example.com/u")
    assert refusal.value.message_key == "event.starts_at"


def test_every_activity_of_another_server_has_an_envelope_or_a_named_refusal() -> None:
    refused = set()
    for path in sorted(need(FIXTURES).glob("*/*.json")):
        document = parse_or_none(path.read_bytes())
        if not document or "actor" not in document:
            continue
        try:
            activity = parse_activity(document)
        except Invalid:
            refused.add(f"{path.parent.name}/{path.name}")
            continue
        assert activity.uri == document["id"]
        assert activity.type == document["type"]
    assert refused == {
        "mbin/accept-follow-magazine.json",
        "mbin/add-moderator.json",
        "mbin/announce-create.json",
        "mbin/flag.json",
    }


def parse_or_none(raw: bytes) -> dict[str, Any] | None:
    try:
        return parse_document(raw)
    except Invalid:
        return None


def test_no_document_at_hand_carries_a_keyword_that_moves_meaning() -> None:
    for path in need(FIXTURES).glob("*/*.json"):
        check_no_moved_meaning(parse_or_none(path.read_bytes()))


def reason_of(read: Callable[[Any], object], document: Any) -> str | None:
    """Why `document` was refused, or None; anything but Invalid passes through."""
    try:
        read(document)
    except Invalid as refusal:
        return refusal.message_key
    return None


def test_no_vector_of_activity_streams_crashes_anything() -> None:
    reasons = set()
    paths = sorted(need(VECTORS / "as2").glob("**/*.json"))
    for path in paths:
        document = parse_or_none(path.read_bytes())
        reasons.add(reason_of(parse_activity, document))
        reasons.add(reason_of(lambda found: parse_publication(found, now=NOW), document))
    assert len(paths) > 100
    assert reasons - {None} == {
        "activity.actor",
        "activity.id",
        "activity.not_object",
        "activity.type",
        "publication.author",
        "publication.id",
        "publication.not_object",
        "publication.type_unknown",
    }


def test_what_was_read_from_others_can_be_written_and_read_again() -> None:
    for name, (kind, _) in READ.items():
        first = publication(name)
        again = parse_publication(parse_document(dump(build_object(first))), now=NOW)
        assert (again.kind, again.original.name, again.author) == (
            kind,
            first.original.name,
            first.author,
        )
