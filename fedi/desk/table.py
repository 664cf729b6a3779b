"""COMMANDS: everything that can be asked at the desk, by name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fedi.desk import (
    blocking,
    blocklists,
    circles,
    collectives,
    deliveries,
    held,
    hosts,
    house,
    instance,
    keys,
    media,
    notices,
    people,
    polls,
    publishing,
    purge,
    queue,
    quotes,
    relations,
    relays,
    reports,
    search,
    shown,
    sight,
)
from fedi.desk.order import Done, Order, Result
from fedi.desk.wishes import DeleteOrder, EditOrder, Published, PublishOrder
from fedi.doctor import commands as doctor
from fedi.instance import Instance


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to ask: the form of the order, the form of the answer, and who does it."""

    order: type[Order]
    result: type[Result]
    run: Callable[[Instance, Any], Awaitable[Result]]


COMMANDS: Final[dict[str, Command]] = {
    "actor.add": Command(collectives.AddOrder, collectives.Collective, collectives.add),
    "actor.list": Command(collectives.NoOrder, collectives.Collectives, collectives.list_all),
    "actor.set": Command(collectives.SetOrder, collectives.Collective, collectives.change),
    "person.add": Command(people.AddOrder, people.Person, people.add),
    "person.list": Command(collectives.NoOrder, people.People, people.list_all),
    "person.role": Command(people.RoleOrder, people.Person, people.set_role),
    "person.link": Command(people.NameOrder, people.Invited, people.invite),
    "welcome": Command(collectives.NoOrder, people.Welcome, people.welcome),
    "person.remove": Command(people.NameOrder, Done, people.remove),
    "person.factor": Command(people.NameOrder, Done, people.take_factor),
    "person.consent": Command(people.ConsentOrder, people.Consent, people.set_consent),
    "token.add": Command(people.TokenOrder, people.Token, people.add_token),
    "publish": Command(PublishOrder, Published, publishing.publish),
    "edit": Command(EditOrder, Published, publishing.edit),
    "delete": Command(DeleteOrder, Done, publishing.delete),
    "follow": Command(relations.RelationOrder, relations.Followed, relations.follow),
    "unfollow": Command(relations.RelationOrder, Done, relations.unfollow),
    "followers.list": Command(relations.ListOrder, relations.People, relations.list_people),
    "followers.approve": Command(relations.RelationOrder, Done, relations.approve),
    "followers.reject": Command(relations.RelationOrder, Done, relations.reject),
    "like": Command(relations.ReactionOrder, Done, relations.like),
    "unlike": Command(relations.ReactionOrder, Done, relations.unlike),
    "boost": Command(relations.ReactionOrder, Done, relations.boost),
    "unboost": Command(relations.ReactionOrder, Done, relations.unboost),
    "timeline": Command(shown.TimelineOrder, shown.Timeline, shown.show_timeline),
    "show": Command(shown.ShowOrder, shown.Shown, shown.show),
    "queue.status": Command(collectives.NoOrder, queue.Status, queue.status),
    "deliveries.show": Command(deliveries.WhichOrder, deliveries.Ledger, deliveries.show),
    "deliveries.retry": Command(deliveries.RetryOrder, deliveries.Retried, deliveries.retry),
    "queue.drop": Command(queue.DropOrder, queue.Dropped, queue.drop),
    "instance.settings": Command(collectives.NoOrder, instance.Settings, instance.list_settings),
    "instance.words": Command(instance.LanguageOrder, instance.Words, instance.show_words),
    "instance.say": Command(instance.SayOrder, Done, instance.say),
    "sessions.end": Command(instance.EndOrder, instance.Ended, instance.end_sessions),
    "queue.drain": Command(queue.DrainOrder, queue.Drained, queue.drain),
    "block.host": Command(blocking.HostOrder, Done, blocking.block_host),
    "block.actor": Command(blocking.ActorOrder, Done, blocking.block_actor),
    "block.list": Command(blocking.ListOrder, blocking.Blocks, blocking.list_blocks),
    "unblock.host": Command(blocking.HostOrder, Done, blocking.unblock_host),
    "unblock.actor": Command(blocking.ActorOrder, Done, blocking.unblock_actor),
    "actor.move": Command(relations.RelationOrder, Done, house.move),
    "actor.alias.add": Command(relations.RelationOrder, Done, house.add_alias),
    "actor.alias.remove": Command(relations.RelationOrder, Done, house.remove_alias),
    "pin": Command(relations.ReactionOrder, Done, house.pin),
    "pin.first": Command(relations.ReactionOrder, Done, house.pin_first),
    "unpin": Command(relations.ReactionOrder, Done, house.unpin),
    "report": Command(house.ReportOrder, Done, house.report),
    "vote": Command(polls.VoteOrder, Done, polls.vote),
    "keys.rotate": Command(keys.RotateOrder, Done, keys.rotate_keys),
    "limit.host": Command(blocking.HostOrder, Done, blocking.limit_host),
    "limit.actor": Command(blocking.ActorOrder, Done, blocking.limit_actor),
    "unlimit.host": Command(blocking.HostOrder, Done, blocking.unlimit_host),
    "unlimit.actor": Command(blocking.ActorOrder, Done, blocking.unlimit_actor),
    "allow.add": Command(blocking.HostOrder, Done, blocking.allow),
    "allow.remove": Command(blocking.HostOrder, Done, blocking.disallow),
    "allow.list": Command(collectives.NoOrder, blocking.Allowed, blocking.list_allowed),
    "blocklist.import": Command(
        blocklists.ImportOrder, blocklists.Imported, blocklists.import_list
    ),
    "blocklist.drafts": Command(blocklists.SourceOrder, blocklists.Drafts, blocklists.list_drafts),
    "blocklist.confirm": Command(blocklists.DecideOrder, blocklists.Decided, blocklists.confirm),
    "blocklist.dismiss": Command(blocklists.DecideOrder, blocklists.Decided, blocklists.dismiss),
    "blocklist.export": Command(collectives.NoOrder, blocklists.Exported, blocklists.export),
    "blocklist.subscribe": Command(
        blocklists.AddressOrder, blocklists.Imported, blocklists.subscribe
    ),
    "blocklist.unsubscribe": Command(blocklists.AddressOrder, Done, blocklists.unsubscribe),
    "blocklist.sources": Command(collectives.NoOrder, blocklists.Sources, blocklists.list_sources),
    "circle.add": Command(circles.MembersOrder, circles.Changed, circles.add),
    "circle.remove": Command(circles.MembersOrder, circles.Changed, circles.remove),
    "circle.show": Command(circles.NameOrder, circles.Circle, circles.show),
    "circle.list": Command(circles.ListOrder, circles.Circles, circles.list_all),
    "relay.add": Command(relays.AddOrder, relays.Relay, relays.add),
    "relay.remove": Command(relays.AddressOrder, Done, relays.remove),
    "relay.list": Command(collectives.NoOrder, relays.Relays, relays.list_all),
    "relay.news": Command(relays.NewsOrder, relays.News, relays.news),
    "media.usage": Command(collectives.NoOrder, media.Usage, media.usage),
    "media.prune": Command(media.PruneOrder, media.Pruned, media.prune),
    "notifications.list": Command(notices.ListOrder, notices.AllTold, notices.list_told),
    "notifications.read": Command(notices.ReadOrder, Done, notices.mark_read),
    "quote.list": Command(quotes.ListOrder, quotes.Permissions, quotes.list_permissions),
    "quote.revoke": Command(quotes.RevokeOrder, Done, quotes.revoke),
    "held.list": Command(held.ListOrder, held.Waitings, held.list_waiting),
    "held.release": Command(held.DecideOrder, held.Decided, held.release),
    "held.refuse": Command(held.DecideOrder, held.Decided, held.refuse),
    "hosts.list": Command(hosts.HostsOrder, hosts.Hosts, hosts.list_hosts),
    "purge": Command(purge.PurgeOrder, purge.Purge, purge.purge),
    "search.rebuild": Command(collectives.NoOrder, search.Rebuilt, search.rebuild),
    "flags": Command(collectives.NoOrder, reports.Flags, reports.list_open),
    "flag.settle": Command(reports.SettleOrder, Done, reports.settle),
    "flag.sent": Command(collectives.NoOrder, reports.SentReports, reports.list_sent),
    "hide": Command(sight.HideOrder, Done, sight.hide),
    "unhide": Command(sight.HideOrder, Done, sight.show_again),
    "hidden": Command(collectives.NoOrder, sight.Hidden, sight.list_hidden),
    "decision.list": Command(sight.HistoryOrder, sight.History, sight.history),
    "decision.note": Command(sight.NoteOrder, Done, sight.take_note),
    **{name: Command(*entry) for name, entry in doctor.COMMANDS.items()},
}
