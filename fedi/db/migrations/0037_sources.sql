-- Where collectives take events from: calendars, pages and exports of others, and what became of each event.

-- `author_uri`: under which its events are kept here when they are shown as a mirror. `address` is empty for a file, and then
-- `due_at` too. `added_by`: a person, or 0 at a terminal. `etag` and `modified`: as the server said them.
-- owner: fedi/sources/store.py
CREATE TABLE event_source (
  id INTEGER NOT NULL PRIMARY KEY,
  public_id TEXT NOT NULL UNIQUE,
  actor_uri TEXT NOT NULL,
  author_uri TEXT NOT NULL UNIQUE,
  address TEXT NOT NULL,
  way TEXT NOT NULL,
  name TEXT NOT NULL,
  link TEXT NOT NULL,
  language TEXT NOT NULL,
  zone TEXT NOT NULL,
  added_by INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER,
  read_at INTEGER,
  etag TEXT NOT NULL,
  modified TEXT NOT NULL,
  failures INTEGER NOT NULL,
  problem TEXT NOT NULL,
  unreadable INTEGER NOT NULL,
  left_out INTEGER NOT NULL
);
CREATE INDEX event_source_of ON event_source (actor_uri, created_at, id);
CREATE UNIQUE INDEX event_source_once ON event_source (actor_uri, address) WHERE address <> '';
CREATE INDEX event_source_due ON event_source (due_at) WHERE due_at IS NOT NULL;

-- One event of a source, by its own name there. `print` is of what the source said last, `ours` of what was put into a draft;
-- `state`: empty, changed (somebody has to look), gone. `offered`: what the draft would say now.
-- owner: fedi/sources/entries.py
CREATE TABLE source_event (
  source_id INTEGER NOT NULL,
  identity TEXT NOT NULL,
  print TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  title TEXT NOT NULL,
  publication_id INTEGER,
  draft_id TEXT NOT NULL,
  ours TEXT NOT NULL,
  uri TEXT NOT NULL,
  state TEXT NOT NULL,
  offered TEXT NOT NULL,
  PRIMARY KEY (source_id, identity)
);
CREATE INDEX source_event_publication ON source_event (publication_id) WHERE publication_id IS NOT NULL;
CREATE INDEX source_event_ends ON source_event (ends_at);
CREATE INDEX source_event_asks ON source_event (source_id, ends_at, identity) WHERE state <> '';
