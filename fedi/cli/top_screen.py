"""What `fedi top` shows: numbers of two moments enter, lines leave. Pure but for the language of this command."""

from collections.abc import Mapping, Sequence
from typing import Final

from fedi.cli.output import handle, table
from fedi.cli.speech import speaker, t, width_of
from fedi.db import watch
from fedi.desk.numbers import Numbers
from fedi.http.client import FETCHED
from fedi.http.server import CONNECTIONS
from fedi.http.stalls import LATE
from fedi.media.remote import FAILED, KEPT, NEW, SHOWN
from fedi.metrics import Family
from fedi.observe import families as f
from inbox.process import ACTED
from inbox.verdicts import ANSWERED
from outbox import store as outbox_store
from outbox.deliver import DELIVERED, DELIVERY_S

HOSTS_SHOWN: Final = 5
_NONE: Final = "–"
_ISOLATES: Final = "\u2066\u2067\u2068"
_END: Final = "\u2069"
_TIMES: Final = ((86400, "top.days"), (3600, "top.hours"), (60, "top.minutes"))
_SIZES: Final = ((2**30, "top.gigabytes"), (2**20, "top.megabytes"))


class Glance:
    """The numbers of now, and how they grew since `before`; without one, since the server began to count."""

    def __init__(self, now: Numbers, before: Numbers | None = None) -> None:
        if before is not None and before.up_s >= now.up_s:
            before = None  # it was started anew
        self.now = now
        self.elapsed_s = max(0.001, now.up_s - (before.up_s if before else 0.0))
        self._new = _by_name(now)
        self._old = _by_name(before) if before else {}

    def value(self, family: Family, **labels: str) -> float | None:
        """A number that goes up and down; None when it is not known."""
        found = _matching(self._new.get(family.name, ()), labels)
        return found[0] if found else None

    def total(self, family: Family, **labels: str) -> float:
        """How often, since the server began to count, over all that have these labels."""
        return sum(_matching(self._new.get(family.name, ()), labels))

    def per_second(self, family: Family, **labels: str) -> float:
        """How often in a second, since the moment before."""
        before = sum(_matching(self._old.get(family.name, ()), labels))
        return max(0.0, self.total(family, **labels) - before) / self.elapsed_s

    def times(self, family: Family, **labels: str) -> tuple[float, float | None] | None:
        """Of what took time since the moment before: the mean, and the bound below which 95 of 100 stay.

        None for nothing; the bound is None when it is beyond the last one.
        """
        many = self._grown(f"{family.name}_count", labels)
        if many <= 0:
            return None
        bound: float | None = None
        for each in self._new.get(f"{family.name}_bucket", ()):
            le = each[0]["le"]
            if not _has(each[0], labels) or le == "+Inf":
                continue
            if self._grown(f"{family.name}_bucket", {**labels, "le": le}) >= 0.95 * many:
                bound = float(le)
                break
        return self._grown(f"{family.name}_sum", labels) / many, bound

    def _grown(self, name: str, labels: Mapping[str, str]) -> float:
        new, old = (_matching(side.get(name, ()), labels) for side in (self._new, self._old))
        return sum(new) - sum(old)


_Numbers = Mapping[str, Sequence[tuple[Mapping[str, str], float]]]


def _by_name(numbers: Numbers) -> _Numbers:
    found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for each in numbers.numbers:
        found.setdefault(each.name, []).append((each.labels, each.value))
    return found


def _has(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(labels.get(name) == word for name, word in wanted.items())


def _matching(
    numbers: Sequence[tuple[Mapping[str, str], float]], wanted: Mapping[str, str]
) -> list[float]:
    return [value for labels, value in numbers if _has(labels, wanted)]


def screen(glance: Glance) -> list[str]:
    """Everything, for one page of a terminal."""
    lines = [_head(glance), ""]
    lines += table([(t("top.flow"), t("top.per_second"), t("top.total")), *_flow(glance)])
    lines += ["", *table([_queue_titles(), *_queues(glance)])]
    lines += ["", *table([(t("top.times"), t("top.mean"), t("top.most")), *_times(glance)])]
    lines += ["", _rooms(glance)]
    return lines + _hosts(glance.now)


def one_line(glance: Glance) -> str:
    """What matters most, for a terminal that only prints lines."""
    late = glance.times(LATE)
    parts = [
        t("top.line_in", rate=_rate(glance.per_second(ANSWERED))),
        t("top.line_out", rate=_rate(_sent(glance))),
    ]
    for queue, key in _QUEUES.items():
        waiting = _count(glance.value(f.WAITING, queue=queue))
        parts.append(t("top.line_queue", queue=t(key), waiting=waiting))
    parts.append(t("top.line_loop", time=duration(late[0]) if late else _NONE))
    parts.append(t("top.line_memory", size=size(glance.value(f.MEMORY))))
    return " · ".join(parts)


def cut(line: str, columns: int) -> str:
    """As much of a line as fits into so many columns; what it opened for a name in another direction is closed."""
    if width_of(line) <= columns:
        return line
    kept, used, is_open = "", 0, 0
    for char in line:
        used += width_of(char)
        if used > columns:
            break
        is_open += (char in _ISOLATES) - (char == _END)
        kept += char
    return kept + _END * max(0, is_open)


def duration(seconds: float) -> str:
    """A span in the largest unit of which there is at least one."""
    for unit_s, key in _TIMES:
        if seconds >= unit_s:
            return t(key, n=f"{seconds / unit_s:.0f}")
    if seconds >= 1:
        return t("top.seconds", n=f"{seconds:.1f}")
    if seconds < 0.00005:
        return t("top.seconds", n="0")
    return t("top.milliseconds", n=f"{seconds * 1000:.1f}")


def size(count: float | None) -> str:
    """Bytes in a unit that people read."""
    if count is None:
        return _NONE
    for unit, key in _SIZES:
        if count >= unit:
            return t(key, n=f"{count / unit:.1f}")
    return t("top.kilobytes", n=f"{count / 1024:.1f}")


_QUEUES: Final = {
    f.INBOX: "top.queue_inbox",
    f.DELIVERIES: "top.queue_deliveries",
    f.CHORES_QUEUE: "top.queue_chores",
}


def _head(glance: Glance) -> str:
    return t(
        "top.head",
        time=duration(glance.now.up_s),
        size=size(glance.value(f.MEMORY)),
        connections=_count(glance.value(CONNECTIONS)),
    )


def _sent(glance: Glance) -> float:
    return glance.per_second(DELIVERED, outcome=outbox_store.SENT)


def _flow(glance: Glance) -> list[tuple[str, str, str]]:
    wanted: tuple[tuple[str, Family, tuple[Mapping[str, str], ...]], ...] = (
        ("top.taken", ANSWERED, ({"status": "202"},)),
        ("top.answered", ANSWERED, ({},)),
        ("top.worked", ACTED, ({},)),
        ("top.sent", DELIVERED, ({"outcome": outbox_store.SENT},)),
        ("top.waits_on", DELIVERED, ({"outcome": outbox_store.WAITING},)),
        (
            "top.not_taken",
            DELIVERED,
            tuple(
                {"outcome": each}
                for each in (outbox_store.REFUSED, outbox_store.GONE, outbox_store.GIVEN_UP)
            ),
        ),
        ("top.fetched", FETCHED, ({"outcome": "fetched"},)),
        ("top.fetches", FETCHED, ({},)),
        ("top.documents_known", f.DOCUMENTS, ({"source": "door"}, {"source": "memory"})),
        ("top.documents_made", f.DOCUMENTS, ({"source": "made"},)),
        ("top.pictures_known", SHOWN, ({"outcome": KEPT},)),
        ("top.pictures_fetched", SHOWN, ({"outcome": NEW}, {"outcome": FAILED})),
    )
    return [
        (
            t(key),
            _rate(sum(glance.per_second(family, **each) for each in sorts)),
            _count(sum(glance.total(family, **each) for each in sorts)),
        )
        for key, family, sorts in wanted
    ]


def _queue_titles() -> tuple[str, str, str, str]:
    return t("top.queue"), t("top.waiting"), t("top.oldest"), t("top.late")


def _queues(glance: Glance) -> list[tuple[str, str, str, str]]:
    return [
        (
            t(key),
            _count(glance.value(f.WAITING, queue=queue)),
            _span(glance.value(f.OLDEST_S, queue=queue)),
            _span(glance.value(f.LATE_S, queue=queue)),
        )
        for queue, key in _QUEUES.items()
    ]


def _times(glance: Glance) -> list[tuple[str, str, str]]:
    wanted: tuple[tuple[str, Family, Mapping[str, str]], ...] = (
        ("top.read_waits", watch.WAITED, {"work": watch.READ}),
        ("top.read_runs", watch.RAN, {"work": watch.READ}),
        ("top.write_waits", watch.WAITED, {"work": watch.WRITE}),
        ("top.write_runs", watch.RAN, {"work": watch.WRITE}),
        ("top.commits", watch.RAN, {"work": watch.COMMIT}),
        ("top.delivery", DELIVERY_S, {}),
        ("top.loop", LATE, {}),
    )
    rows = []
    for key, family, labels in wanted:
        found = glance.times(family, **labels)
        if found is None:
            rows.append((t(key), _NONE, _NONE))
        else:
            mean_s, bound_s = found
            rows.append((t(key), duration(mean_s), _span(bound_s)))
    return rows


def _rooms(glance: Glance) -> str:
    return t(
        "top.rooms",
        database=size(glance.value(f.DATABASE_BYTES)),
        free=size(glance.value(f.DISK_FREE)),
        documents=size(glance.value(f.DOCUMENTS_BYTES)),
        pictures=size(glance.value(f.PICTURES_BYTES)),
        slow=_count(glance.total(watch.SLOW)),
        aside=_count(glance.value(f.SET_ASIDE)),
    )


def _hosts(now: Numbers) -> list[str]:
    lines = []
    if now.slowest:
        lines += ["", t("top.slowest")]
        lines += table(
            [
                (
                    f"  {handle(each.host)}",
                    duration(each.mean_ms / 1000),
                    speaker().plural("top.requests", each.requests),
                )
                for each in now.slowest[:HOSTS_SHOWN]
            ]
        )
    if now.troubled:
        lines += ["", t("cli.troubled")]
        lines += table(
            [
                (
                    f"  {handle(each.host)}",
                    speaker().plural("cli.tries", each.failures),
                    each.reason,
                )
                for each in now.troubled[:HOSTS_SHOWN]
            ]
        )
    return lines


def _rate(per_second: float) -> str:
    return f"{per_second:.1f}"


def _count(many: float | None) -> str:
    return _NONE if many is None else f"{many:.0f}"


def _span(seconds: float | None) -> str:
    return _NONE if seconds is None else duration(seconds)
