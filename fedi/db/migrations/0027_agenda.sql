-- What agendas are asked for: each event stands under every word by which it may be looked for, and under the empty one.
-- Places of events that were stored before are added by `fedi search rebuild`.

-- owner: fedi/publications/event/store.py
CREATE TABLE agenda_key (
  key TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  publication_id INTEGER NOT NULL,
  PRIMARY KEY (key, starts_at, publication_id)
);
CREATE INDEX agenda_key_of ON agenda_key (publication_id);
INSERT INTO agenda_key (key, starts_at, publication_id) SELECT '', starts_at, publication_id FROM event;
INSERT INTO agenda_key (key, starts_at, publication_id)
  SELECT 'tag:' || h.name, e.starts_at, e.publication_id
  FROM event e JOIN publication_hashtag h ON h.publication_id = e.publication_id
  WHERE TRUE ON CONFLICT (key, starts_at, publication_id) DO NOTHING;
INSERT INTO agenda_key (key, starts_at, publication_id)
  SELECT 'in:' || p.language, e.starts_at, e.publication_id
  FROM event e JOIN publication p ON p.id = e.publication_id WHERE p.language <> 'und';
INSERT INTO agenda_key (key, starts_at, publication_id)
  SELECT 'by:' || p.author_uri, e.starts_at, e.publication_id
  FROM event e JOIN publication p ON p.id = e.publication_id;
INSERT INTO agenda_key (key, starts_at, publication_id)
  SELECT 'page:' || COALESCE(p.url, p.uri), e.starts_at, e.publication_id
  FROM event e JOIN publication p ON p.id = e.publication_id;

-- owner: fedi/publications/event/store.py
ALTER TABLE event ADD COLUMN latitude DOUBLE PRECISION;
-- owner: fedi/publications/event/store.py
ALTER TABLE event ADD COLUMN longitude DOUBLE PRECISION;
-- What lasts longer than eight days is found by when it ends.
CREATE INDEX event_long ON event (ends_at, publication_id) WHERE ends_at - starts_at > 691200000;
