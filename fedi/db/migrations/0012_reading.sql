-- Reading in the house: timelines filtered without reading everything, and what a collective saved for later.

-- owner: fedi/publications/timeline.py
ALTER TABLE timeline_entry ADD COLUMN language TEXT NOT NULL DEFAULT 'und';
-- owner: fedi/publications/timeline.py
ALTER TABLE timeline_entry ADD COLUMN author_uri TEXT NOT NULL DEFAULT '';
-- owner: fedi/publications/timeline.py
UPDATE timeline_entry SET
  language = COALESCE((SELECT p.language FROM publication p WHERE p.id = timeline_entry.publication_id), 'und'),
  author_uri = COALESCE((SELECT p.author_uri FROM publication p WHERE p.id = timeline_entry.publication_id), '');
CREATE INDEX timeline_kind ON timeline_entry (actor_uri, kind, sort_at, publication_id);
CREATE INDEX timeline_language ON timeline_entry (actor_uri, language, sort_at, publication_id);
CREATE INDEX timeline_kind_language ON timeline_entry (actor_uri, kind, language, sort_at, publication_id);
CREATE INDEX timeline_author ON timeline_entry (actor_uri, author_uri, sort_at, publication_id);

-- Nobody but the collective learns what it saved.
-- owner: fedi/publications/saved.py
CREATE TABLE saved (
  actor_uri TEXT NOT NULL,
  publication_id INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (actor_uri, publication_id)
);
CREATE INDEX saved_newest ON saved (actor_uri, saved_at, publication_id);
CREATE INDEX saved_publication ON saved (publication_id);

-- Forms that were sent: a second press of the same button finds its word here and does nothing. A day later nobody asks.
-- owner: actors/once.py
CREATE TABLE once (
  word TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL
);
CREATE INDEX once_at ON once (at);
