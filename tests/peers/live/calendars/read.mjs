// A calendar as ical.js reads it: file → JSON on the standard output.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const root = new ICAL.Component(ICAL.parse(readFileSync(process.argv[2], "utf8")));
for (const zone of root.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(zone);
}
const found = root.getAllSubcomponents("vevent").map((each) => {
  const event = new ICAL.Event(each);
  return {
    uid: event.uid,
    start: event.startDate.toJSDate().toISOString().slice(0, 16),
    status: each.getFirstPropertyValue("status"),
    title: event.summary,
    sequence: event.sequence,
  };
});
process.stdout.write(JSON.stringify(found));
