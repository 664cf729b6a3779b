-- Who is asked to organise an event with its author, which event is asked to be a stop of a tour, and what came of it.

-- `kind`: organiser (`part_uri` is an actor) or stop (`part_uri` is an event, `event_uri` the tour); `activity_uri`: the Offer;
-- `note_uri`: the message that says the same to those whose server knows no Offer.
-- owner: fedi/publications/event/bonds.py
CREATE TABLE bond (
  kind TEXT NOT NULL,
  event_uri TEXT NOT NULL,
  part_uri TEXT NOT NULL,
  from_uri TEXT NOT NULL,
  to_uri TEXT NOT NULL,
  state TEXT NOT NULL,
  activity_uri TEXT NOT NULL,
  note_uri TEXT,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (kind, event_uri, part_uri)
);
CREATE INDEX bond_activity ON bond (activity_uri);
CREATE INDEX bond_note ON bond (note_uri) WHERE note_uri IS NOT NULL;
CREATE INDEX bond_to ON bond (to_uri, state, changed_at, event_uri, part_uri);
CREATE INDEX bond_from ON bond (from_uri, state, changed_at, event_uri, part_uri);
CREATE INDEX bond_part ON bond (part_uri, kind, state);
CREATE INDEX bond_event ON bond (event_uri, kind, changed_at, part_uri);
