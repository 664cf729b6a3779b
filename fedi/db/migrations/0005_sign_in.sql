-- People who sign in: what they prove themselves with, where they are signed in, and who did what in the house.
-- No address, no name of a browser: nothing of the line somebody came by is kept.

-- `hash`: Argon2id in its usual text form.
-- owner: actors/passwords.py
CREATE TABLE password (
  person_id INTEGER NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL,
  changed_at INTEGER NOT NULL
);

-- `stage`: "full", or "factor" while the second factor is still missing. `label`: what the person calls the device.
-- owner: actors/sessions.py
CREATE TABLE session (
  id INTEGER NOT NULL PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  person_id INTEGER NOT NULL,
  stage TEXT NOT NULL,
  label TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
);
CREATE INDEX session_person ON session (person_id, created_at);

-- `actor_uri` empty: what concerns the whole house. `done`: the key of a message. `about`: an id or a name.
-- owner: actors/journal.py
CREATE TABLE journal (
  id INTEGER NOT NULL PRIMARY KEY,
  actor_uri TEXT NOT NULL,
  person_id INTEGER NOT NULL,
  done TEXT NOT NULL,
  about TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX journal_newest ON journal (actor_uri, at, id);
CREATE INDEX journal_at ON journal (at);
