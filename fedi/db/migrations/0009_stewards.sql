-- What stewards decide: who, when, what, why; and publications of others that are hidden here without being deleted.

-- `actor_uri`: the collective that decided for itself alone; empty for the whole instance. `kind`: host, actor, publication, flag,
-- list. `done`: the last part of the key of a message. `person_id`: 0 when it was done from the command line.
-- owner: fedi/moderation/decisions.py
CREATE TABLE decision (
  id INTEGER NOT NULL PRIMARY KEY,
  actor_uri TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  done TEXT NOT NULL,
  why TEXT NOT NULL,
  person_id INTEGER NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX decision_newest ON decision (actor_uri, id);
CREATE INDEX decision_done ON decision (actor_uri, done, id);
CREATE INDEX decision_about ON decision (actor_uri, target, id);

-- owner: fedi/publications/store.py
ALTER TABLE publication ADD COLUMN hidden_at INTEGER;
CREATE INDEX publication_hidden ON publication (hidden_at, id) WHERE hidden_at IS NOT NULL;
