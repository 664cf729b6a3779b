-- The one-time address with which the first steward of a new instance comes in; gone once it was used.
-- owner: actors/welcome.py
CREATE TABLE welcome (
  token_hash TEXT NOT NULL PRIMARY KEY,
  token_sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL
);
