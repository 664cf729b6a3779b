-- Events that stood in agendas and were withdrawn: calendars that have them are told so for a while, and not what they said.

-- `is_ours`: published or passed on here. `details`: days and zone alone. `keys`: by which words of an agenda it was found.
-- owner: fedi/publications/event/gone.py
CREATE TABLE event_gone (
  uri TEXT NOT NULL PRIMARY KEY,
  author_uri TEXT NOT NULL,
  is_ours BOOLEAN NOT NULL,
  ends_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  details TEXT NOT NULL,
  keys TEXT NOT NULL,
  gone_at INTEGER NOT NULL
);
CREATE INDEX event_gone_ends ON event_gone (ends_at, uri);
CREATE INDEX event_gone_at ON event_gone (gone_at, uri);
