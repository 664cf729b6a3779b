// A calendar as node-ical reads it: file → JSON on the standard output.
import ical from "node-ical";

const found = Object.values(ical.sync.parseFile(process.argv[2])).filter((each) => each.type === "VEVENT");
process.stdout.write(
  JSON.stringify(
    found.flatMap((each) =>
      // every time of what repeats
      (each.rrule?.between(new Date("2026-01-01"), new Date("2031-01-01"), true) ?? [each.start]).map((start) => ({
        uid: each.uid,
        start: start.toISOString().slice(0, 16),
        status: each.status,
        title: each.summary.val ?? each.summary,
        sequence: Number(each.sequence),
      })),
    ),
  ),
);
