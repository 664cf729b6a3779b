-- Whose key somebody here relied on and was replaced by another: when last, and how often.

-- owner: actors/keys.py
CREATE TABLE key_change (
  owner_uri TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  times INTEGER NOT NULL
);
