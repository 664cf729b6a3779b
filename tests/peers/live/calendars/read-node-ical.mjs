// A calendar as node-ical reads it: file → JSON on the standard output.
import ical from "node-ical";

const found = Object.values(ical.sync.parseFile(process.argv[2])).filter((each) => each.type === "VEVENT");
process.stdout.write(
  JSON.stringify(
    found.map((each) => ({
      uid: each.uid,
      start: each.start.toISOString().slice(0, 16),
      status: each.status,
      title: each.summary.val ?? each.summary,
      sequence: Number(each.sequence),
    })),
  ),
);
