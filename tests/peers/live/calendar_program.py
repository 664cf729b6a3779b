"""A calendar as programs of others read it; runs in an environment of its own: `calendar_program.py READER FILE` → JSON."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def written(uid: Any, start: datetime, status: Any, title: Any, sequence: Any) -> dict[str, Any]:
    return {
        "uid": str(uid),
        "start": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M"),
        "status": str(status),
        "title": str(title),
        "sequence": int(sequence),
    }


def by_icalendar(raw: bytes) -> list[dict[str, Any]]:
    from icalendar import Calendar

    return [_of_icalendar(each) for each in Calendar.from_ical(raw).walk("VEVENT")]


def by_recurring(raw: bytes) -> list[dict[str, Any]]:
    import recurring_ical_events  # type: ignore[import-not-found]
    from icalendar import Calendar

    found = recurring_ical_events.of(Calendar.from_ical(raw)).between((2026, 1, 1), (2031, 1, 1))
    return [_of_icalendar(each) for each in found]


def by_vobject(raw: bytes) -> list[dict[str, Any]]:
    import vobject  # type: ignore[import-not-found]

    return [
        written(
            each.uid.value,
            each.dtstart.value,
            each.status.value,
            each.summary.value,
            each.sequence.value,
        )
        for each in vobject.readOne(raw.decode()).vevent_list
    ]


def _of_icalendar(each: Any) -> dict[str, Any]:
    return written(
        each["uid"], each["dtstart"].dt, each["status"], each["summary"], each["sequence"]
    )


READERS = {"icalendar": by_icalendar, "recurring": by_recurring, "vobject": by_vobject}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(READERS[sys.argv[1]](Path(sys.argv[2]).read_bytes())))
