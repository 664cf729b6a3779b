// A calendar as ical.js reads it: file → JSON on the standard output.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const root = new ICAL.Component(ICAL.parse(readFileSync(process.argv[2], "utf8")));
for (const zone of root.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(zone);
}
const UNTIL = new Date("2031-01-01T00:00:00Z");
// every time of what repeats
const startsOf = (event) => {
  if (!event.isRecurring()) {
    return [event.startDate];
  }
  const times = event.iterator();
  const found = [];
  for (let next = times.next(); next && next.toJSDate() < UNTIL; next = times.next()) {
    found.push(next);
  }
  return found;
};
const found = root.getAllSubcomponents("vevent").flatMap((each) => {
  const event = new ICAL.Event(each);
  return startsOf(event).map((start) => ({
    uid: event.uid,
    start: start.toJSDate().toISOString().slice(0, 16),
    status: each.getFirstPropertyValue("status"),
    title: event.summary,
    sequence: event.sequence,
  }));
});
process.stdout.write(JSON.stringify(found));
