-- What a collective agreed on for itself.

-- `two_people`: whether a publication needs the consent of a second person. A collective without a row decided nothing.
-- owner: actors/rules.py
CREATE TABLE rule (
  actor_uri TEXT NOT NULL PRIMARY KEY,
  two_people INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
);
