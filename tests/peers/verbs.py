"""What comes of activities that other servers really sent: the table that tests hold true and FEDERATION.md shows.

`python -m tests.peers.verbs` writes the table into FEDERATION.md anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FEDERATION: Final = Path(__file__).parents[2] / "FEDERATION.md"
START, END = "<!-- verbs -->", "<!-- /verbs -->"

# Stand for what is ours in a document of theirs.
COLLECTIVE, PUBLICATION, FOLLOW = "{collective}", "{publication}", "{follow}"
EVENT: Final = "{event}"


@dataclass(frozen=True, slots=True)
class Given:
    """A document delivered: `name` below the fixtures, `turned`: members by path that differ (… is left out)."""

    name: str
    turned: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One activity, how it is told, and what comes of it.

    `ours`: texts in the document that stand for something of ours. `before`: what its sender said before.
    `is_followed`: a collective of ours follows the sender; `is_asked`: it asked to. `served`: address → a document of
    the fixtures, or its members, that the sender's server gives when asked. `outcome`: the reason we keep, or
    `answer <status>` when it was not even kept. `effect`: one of EFFECTS.
    """

    name: str
    tells: str
    outcome: str
    effect: str = "nothing"
    ours: Mapping[str, str] = field(default_factory=dict)
    turned: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[Given, ...] = ()
    is_followed: bool = False
    is_asked: bool = False
    served: Mapping[str, Any] = field(default_factory=dict)

    @property
    def software(self) -> str:
        return _SOFTWARE.get(self.name.partition("/")[0], self.name.partition("/")[0].title())


EFFECTS: Final = {
    "nothing": "nothing changes",
    "follower": "follows; gets `Accept`",
    "no follower": "does not follow any more",
    "following": "we follow",
    "not following": "we do not follow",
    "kept": "kept, shown to those who follow",
    "changed": "the newer words are kept",
    "renamed": "the actor is fetched anew",
    "dead": "forgotten; its id stays dead",
    "no actor": "the actor and all its words are forgotten",
    "liked": "counted, the author is told",
    "not liked": "taken back",
    "announced": "counted, the author is told",
    "passed on": "fetched from its own address, shown to those who follow",
    "not announced": "taken back",
    "blocked": "both relations end",
    "not blocked": "taken back",
    "pinned": "pinned",
    "unpinned": "unpinned",
    "flagged": "put before our stewards",
    "moved": "noted, our followers are told",
    "stamped": "gets `Accept` with a stamp",
    "comes": "is on the list; gets `Accept`",
    "listed": "is on the list",
    "perhaps": "is on the list as perhaps",
    "not there": "is noted as not coming",
    "comes not": "is on the list no more",
}

_SOFTWARE: Final = {
    "fep": "FEP text",
    "bridgyfed": "Bridgy Fed",
    "gnusocial": "GNU social",
    "gotosocial": "GoToSocial",
    "nodebb": "NodeBB",
    "peertube": "PeerTube",
    "wordpress": "WordPress",
}

_LAIN = {"https://localtesting.pleroma.lol/users/lain": COLLECTIVE}
_LIKED = {
    "https://localtesting.pleroma.lol/objects/eb92579d-3417-42a8-8652-2492c2d4f454": PUBLICATION
}
_OUR_FOLLOW = {"https://localtesting.pleroma.lol/users/lain#follows/4": FOLLOW, **_LAIN}
_BOOSTED = {"https://mastodon.example.org/@admin/99541947525187367": PUBLICATION}
_ADMIN = "https://mastodon.example.org/users/admin"
_GARGRON = "https://mastodon.example.org/users/gargron"
_LEMMY_BETA = "https://enterprise.lemmy.ml/u/lemmy_beta"
_NODEBB = "https://community.nodebb.org"
_KBIN = "https://kbin.test"
_FEATURED = {"target": f"{_LEMMY_BETA}/featured", "object": f"{_LEMMY_BETA}/notes/1"}
_NEW_HOME = "https://another-server.com/users/my_new_account_hurray"
_CREATED = {"id": "https://made.test/create"}


def _created(name: str, **turned: Any) -> Given:
    """The same document, said as a `Create` before."""
    return Given(name, {"type": "Create", "id": f"{{sender}}#created-{name}", **turned})


CASES: Final = (
    Case("mastodon/follow", "`Follow`", "follow.accepted", "follower", _LAIN),
    Case(
        "pleroma/follow",
        "`Follow`, addressed",
        "follow.accepted",
        "follower",
        {"https://lemmy.ca/u/kinetix": COLLECTIVE},
    ),
    Case(
        "lemmy/follow",
        "`Follow` of a group",
        "follow.accepted",
        "follower",
        {"https://enterprise.lemmy.ml/c/main": COLLECTIVE},
    ),
    Case("hubzilla/follow", "`Follow`, the actor embedded", "follow.accepted", "follower", _LAIN),
    Case(
        "mastodon/undo-follow",
        "`Undo` of it",
        "undo.by_id",
        "no follower",
        _LAIN,
        before=(Given("mastodon/follow"),),
    ),
    Case(
        "mastodon/accept-follow",
        "`Accept` of our `Follow`",
        "accept.follow",
        "following",
        _OUR_FOLLOW,
        is_asked=True,
    ),
    Case(
        "lemmy/accept-follow",
        "`Accept` of our `Follow`",
        "accept.follow",
        "following",
        {
            "https://ds9.lemmy.ml/activities/follow/6abcd50b-b8ca-4952-86b0-a6dd8cc12866": FOLLOW,
            "https://ds9.lemmy.ml/u/lemmy_alpha": COLLECTIVE,
        },
        is_asked=True,
    ),
    Case(
        "mbin/accept-follow-magazine",
        "`Accept` of our `Follow`",
        "accept.follow",
        "following",
        {f"{_KBIN}/u/user2": COLLECTIVE},
        {"id": f"{_KBIN}/1", "object.id": FOLLOW, "object.object": f"{_KBIN}/m/test"},
        is_asked=True,
    ),
    Case(
        "pleroma/relay-accept-follow",
        "`Accept` of our `Follow`, by a relay",
        "accept.follow",
        "following",
        {"{{ap_id}}": COLLECTIVE, "{{activity_id}}": FOLLOW},
        is_asked=True,
    ),
    Case(
        "mastodon/accept-follow",
        "`Accept` of a `Follow` that we never sent",
        "accept.nothing_asked",
        ours=_OUR_FOLLOW
        | {"https://localtesting.pleroma.lol/users/lain#follows/4": f"{COLLECTIVE}/4"},
    ),
    Case(
        "mastodon/accept-follow",
        "`Reject` of our `Follow` (adapted)",
        "reject.follow",
        "not following",
        _OUR_FOLLOW,
        {"type": "Reject"},
        is_asked=True,
    ),
    Case(
        "mobilizon/accept-join",
        "`Accept`, its id on another host than its actor",
        "answer 400",
        ours={"https://pleroma.mkljczk.pl/users/mkljczk": COLLECTIVE},
    ),
    Case(
        "gotosocial/accept-reply-with-result",
        "`Accept` of a reply of ours",
        "authority.not_asked_by_us",
        ours={
            "https://somewhere.else.example.org/users/someone/statuses/01J17XY2VXGMNNPH1XR7BG2524": PUBLICATION,
            "https://somewhere.else.example.org/users/someone": COLLECTIVE,
        },
    ),
    Case(
        "fep/0837-accept-agreement",
        "`Accept` of an `Offer` (0837)",
        "authority.not_asked_by_us",
        ours={"https://social.example/users/bob": COLLECTIVE},
    ),
    Case("mastodon/like", "`Like`", "like.stored", "liked", _LIKED),
    Case(
        "pleroma/custom-emoji-react",
        "`Like` with an emoji",
        "like.stored",
        "liked",
        {"https://pleroma.local.live/objects/89937a53-2692-4631-bb62-770091267391": PUBLICATION},
    ),
    Case("pleroma/emoji-react", "`EmojiReact`", "like.stored", "liked", _LIKED),
    Case(
        "friendica/like-page",
        "`Like`, widely addressed",
        "like.stored",
        "liked",
        {"https://pirati.ca/objects/ec054ce7-2062-3bfa-8687-ca8313624820": PUBLICATION},
    ),
    Case(
        "lemmy/like-note",
        "`Like` as a vote",
        "like.stored",
        "liked",
        {"https://ds9.lemmy.ml/comment/1": PUBLICATION},
    ),
    Case(
        "mitra/like-with-proof",
        "`Like` with a proof that does not verify",
        "like.stored",
        "liked",
        {
            "https://server2.example/users/bob/posts/141892712081205472": PUBLICATION,
            "https://server2.example/users/bob": COLLECTIVE,
        },
    ),
    Case(
        "misskey/like-reaction",
        "`Like`, its id on another host than its actor",
        "answer 400",
        ours={
            "https://testing.pleroma.lol/objects/c331bbf7-2eb9-4801-a709-2a6103492a5a": PUBLICATION
        },
    ),
    Case(
        "mastodon/undo-like",
        "`Undo` of a `Like`",
        "undo.by_id",
        "not liked",
        _LIKED,
        before=(Given("mastodon/like"),),
    ),
    Case(
        "mastodon/announce-note",
        "`Announce` of our words",
        "announce.stored",
        "announced",
        _BOOSTED,
    ),
    Case(
        "mastodon/undo-like",
        "`Undo` of an `Announce` (adapted)",
        "undo.reaction",
        "not announced",
        _LIKED | _BOOSTED,
        {"object.type": "Announce"},
        before=(Given("mastodon/announce-note"),),
    ),
    Case(
        "nodebb/announce-note",
        "`Announce` of an embedded `Note`",
        "announce.stored",
        "passed on",
        is_followed=True,
        served={f"{_NODEBB}/post/102840": "object", f"{_NODEBB}/uid/14929": {}},
    ),
    Case(
        "nodebb/announce-create",
        "`Announce` of an embedded `Create` whose id leads to the object",
        "announce.stored",
        "passed on",
        is_followed=True,
        served={f"{_NODEBB}/post/102840": "object.object", f"{_NODEBB}/uid/14929": {}},
    ),
    Case(
        "lemmy/announce-create-page",
        "`Announce` of an embedded `Create` whose id leads nowhere",
        "error.remote_gone",
        is_followed=True,
    ),
    Case(
        "wordpress/announce",
        "`Announce` of an embedded `Update` whose id leads nowhere",
        "error.remote_gone",
        is_followed=True,
    ),
    Case(
        "fep/ae0c-litepub-announce",
        "`Announce` of what cannot be fetched",
        "error.remote_gone",
        is_followed=True,
    ),
    Case("peertube/announce-video", "`Announce` by somebody nobody here follows", "answer 202"),
    Case("mastodon/block", "`Block`", "block.stored", "blocked", _LAIN),
    Case(
        "mastodon/undo-follow",
        "`Undo` of a `Block` (adapted)",
        "undo.by_id",
        "not blocked",
        _LAIN,
        {"object.type": "Block"},
        before=(Given("mastodon/block"),),
    ),
    Case("mastodon/create-note", "`Create` of a `Note`", "create.stored", "kept", is_followed=True),
    Case("mastodon/create-note", "the same, when it concerns nobody here", "answer 202"),
    Case(
        "mastodon/create-note-contentmap",
        "`Create` with languages",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case(
        "mastodon/create-note-hashtag",
        "`Create` with hashtags",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case(
        "mastodon/create-note-attachment",
        "`Create` with a picture",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case(
        "mastodon/create-question",
        "`Create` of a `Question`",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case(
        "mastodon/create-vote",
        "`Create` of a vote about something that is no poll",
        "create.stored",
        "kept",
        {
            "https://testing.uguu.ltd/objects/9d300947-2dcb-445d-8978-9a3b4b84fa14": PUBLICATION,
            "https://testing.uguu.ltd/users/rin": COLLECTIVE,
        },
    ),
    Case("pleroma/create-note", "`Create` of a `Note`", "create.stored", "kept", is_followed=True),
    Case(
        "friendica/create-note", "`Create` of a `Note`", "create.stored", "kept", is_followed=True
    ),
    Case(
        "gnusocial/create-note", "`Create` of a `Note`", "create.stored", "kept", is_followed=True
    ),
    Case(
        "kroeg/create-arrayless-emoji",
        "`Create`, single values for lists",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case("mitra/create-post", "`Create` of a `Note`", "create.stored", "kept", is_followed=True),
    Case(
        "lemmy/create-comment",
        "`Create` of an answer to us",
        "create.stored",
        "kept",
        {"https://ds9.lemmy.ml/post/1": PUBLICATION},
    ),
    Case(
        "hubzilla/create-image", "`Create` of an `Image`", "create.stored", "kept", is_followed=True
    ),
    Case(
        "funkwhale/create-audio",
        "`Create` of an `Audio`",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case(
        "gancio/create-event", "`Create` of an `Event`", "create.stored", "kept", is_followed=True
    ),
    Case(
        "mobilizon/create-event",
        "`Create` of an `Event`",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case(
        "mobilizon/create-event-group",
        "`Create` of an `Event` for a group that nobody here follows",
        "create.unrelated",
        is_followed=True,
        served={
            "https://mobilizon1.com/events/f270ae07-7991-453c-9bb7-3d2122ededae": "object",
            "https://mobilizon1.com/@group": {"preferredUsername": "group"},
        },
    ),
    Case(
        "fep/8b32-signed-create", "`Create` with a proof", "create.stored", "kept", is_followed=True
    ),
    Case(
        "fep/0837-confirmation",
        "`Create` of a `Document` without an author (0837)",
        "error.remote_gone",
        ours={"https://social.example/users/bob": COLLECTIVE},
    ),
    Case(
        "friendica/update-note",
        "`Update` of a `Note`",
        "update.stored",
        "changed",
        before=(
            _created(
                "friendica/update-note",
                **{"object.updated": "2022-03-24T08:00:00Z", "object.content": "old"},
            ),
        ),
        is_followed=True,
    ),
    Case(
        "lemmy/update-page",
        "`Update` of a `Page`",
        "update.stored",
        "changed",
        before=(
            _created(
                "lemmy/update-page",
                **{"object.updated": "2021-10-29T15:11:00Z", "object.content": "old"},
            ),
        ),
        is_followed=True,
    ),
    Case(
        "friendica/update-note",
        "`Update` of what was never seen",
        "create.stored",
        "kept",
        is_followed=True,
    ),
    Case(
        "mastodon/update-person",
        "`Update` of the actor",
        "update.actor",
        "renamed",
        is_followed=True,
    ),
    Case(
        "mastodon/delete-note",
        "`Delete` with a `Tombstone`",
        "delete.publication",
        "dead",
        before=(
            _created(
                "mastodon/delete-note",
                **{
                    "object.type": "Note",
                    "object.attributedTo": _GARGRON,
                    "object.content": "words",
                },
            ),
        ),
        is_followed=True,
    ),
    Case(
        "pleroma/delete",
        "`Delete` by id, ahead of its `Create`",
        "delete.remembered",
        "dead",
        is_followed=True,
    ),
    Case(
        "friendica/delete",
        "`Delete` with a `Tombstone`, ahead of its `Create`",
        "delete.remembered",
        "dead",
        is_followed=True,
    ),
    Case(
        "lemmy/delete-page",
        "`Delete` by id, ahead of its `Create`",
        "delete.remembered",
        "dead",
        is_followed=True,
    ),
    Case(
        "mastodon/delete-note",
        "`Delete` of the actor itself (adapted)",
        "delete.actor",
        "no actor",
        turned={"object": _GARGRON},
        is_followed=True,
    ),
    Case(
        "lemmy/add-mod", "`Add` of a moderator", "authority.not_their_collection", is_followed=True
    ),
    Case(
        "mbin/add-moderator",
        "`Add` of a moderator",
        "authority.not_their_collection",
        turned={"id": f"{_KBIN}/1", "object": f"{_KBIN}/u/other"},
        is_followed=True,
    ),
    Case(
        "mitra/add-subscriber",
        "`Add` of a subscriber",
        "authority.not_their_collection",
        ours={"https://server.example/users/bob": COLLECTIVE},
    ),
    Case(
        "lemmy/add-mod",
        "`Add` to the own `featured` (adapted)",
        "add.featured",
        "pinned",
        turned=_FEATURED,
        is_followed=True,
    ),
    Case(
        "lemmy/add-mod",
        "`Remove` from the own `featured` (adapted)",
        "remove.featured",
        "unpinned",
        turned={"type": "Remove", "id": "https://enterprise.lemmy.ml/2", **_FEATURED},
        before=(Given("lemmy/add-mod", _FEATURED),),
        is_followed=True,
    ),
    Case(
        "mastodon/flag",
        "`Flag` with a list",
        "flag.stored",
        "flagged",
        {
            "https://example.com/users/1": COLLECTIVE,
            "https://example.com/posts/380590": PUBLICATION,
        },
    ),
    Case(
        "gotosocial/flag",
        "`Flag` with a list",
        "flag.stored",
        "flagged",
        {
            "https://fossbros-anonymous.io/users/foss_satan/statuses/01FVW7JHQFSFK166WWKR8CBA6M": PUBLICATION,
            "https://fossbros-anonymous.io/users/foss_satan": COLLECTIVE,
        },
    ),
    Case(
        "lemmy/report-page",
        "`Flag` of one object",
        "flag.stored",
        "flagged",
        {
            "https://enterprise.lemmy.ml/post/7": PUBLICATION,
            "https://enterprise.lemmy.ml/c/main": COLLECTIVE,
        },
    ),
    Case(
        "mbin/flag",
        "`Flag` without words",
        "flag.stored",
        "flagged",
        {f"{_KBIN}/m/test": COLLECTIVE},
        {"id": f"{_KBIN}/1", "object": PUBLICATION},
    ),
    Case(
        "gotosocial/move",
        "`Move` that the new address confirms",
        "move.noted",
        "moved",
        is_followed=True,
        served={_NEW_HOME: {"alsoKnownAs": ["https://example.org/users/1happyturtle"]}},
    ),
    Case(
        "gotosocial/move",
        "`Move` that the new address does not confirm",
        "move.not_confirmed",
        is_followed=True,
        served={_NEW_HOME: {}},
    ),
    Case(
        "mitra/move-pull-mode",
        "`Move` said by the new address",
        "move.not_their_own",
        ours={"https://server.example/users/bob": COLLECTIVE},
    ),
    Case(
        "fep/044f-quote-request",
        "`QuoteRequest`",
        "quote.stamped",
        "stamped",
        {
            "https://example.com/users/alice/statuses/1": PUBLICATION,
            "https://example.com/users/alice": COLLECTIVE,
        },
    ),
    Case(
        "mobilizon/join",
        "`Join` of an event",
        "attendance.coming",
        "comes",
        {"https://mobilizon.test/events/some-uuid": EVENT},
    ),
    Case(
        "mobilizon/join",
        "`Join` of what is no event",
        "join.no_event",
        ours={"https://mobilizon.test/events/some-uuid": PUBLICATION},
    ),
    Case(
        "mobilizon/leave",
        "`Leave` of an event",
        "attendance.cancelled",
        "comes not",
        {"https://mobilizon.test/events/some-uuid": EVENT},
        turned={"id": "https://mobilizon2.test/@admin/leave/event/1"},
        before=(Given("mobilizon/join"),),
    ),
    Case(
        "mobilizon/join",
        "`Accept` of an event, as Friendica and Hubzilla say it (adapted)",
        "attendance.coming",
        "listed",
        {"https://mobilizon.test/events/some-uuid": EVENT},
        turned={"type": "Accept"},
    ),
    Case(
        "mobilizon/join",
        "`TentativeAccept` of an event (adapted)",
        "attendance.maybe",
        "perhaps",
        {"https://mobilizon.test/events/some-uuid": EVENT},
        turned={"type": "TentativeAccept"},
    ),
    Case(
        "mobilizon/join",
        "`TentativeReject` of an event (adapted)",
        "attendance.not_coming",
        "not there",
        {"https://mobilizon.test/events/some-uuid": EVENT},
        turned={"type": "TentativeReject", "id": "https://mobilizon2.test/@admin/no/event/1"},
        before=(Given("mobilizon/join"),),
    ),
    Case(
        "mobilizon/accept-join",
        "`Ignore` of a `Join` that we never sent (adapted)",
        "answer 202",
        turned={"type": "Ignore", "id": "https://mobilizon.org/ignore/join/1"},
    ),
    Case(
        "mobilizon/invite",
        "`Invite` to a group",
        "authority.object_elsewhere",
        ours={"https://mobilizon.test/@someuser": COLLECTIVE},
    ),
    Case(
        "fep/0837-offer-agreement",
        "`Offer` of an agreement (0837)",
        "offer.unknown",
        ours={"https://market.example/users/alice": COLLECTIVE},
    ),
)


def render() -> str:
    """The table as FEDERATION.md shows it."""
    lines = ["| from | says | reason we keep | effect |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {case.software} | {case.tells} | {case.outcome} | {EFFECTS[case.effect]} |"
        for case in CASES
    ]
    return "\n".join(lines)


def written(text: str) -> str:
    """The page with the table of this day between its marks."""
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    return f"{head}{START}\n{render()}\n{END}{tail}"


if __name__ == "__main__":
    FEDERATION.write_text(written(FEDERATION.read_text(encoding="utf-8")), encoding="utf-8")
