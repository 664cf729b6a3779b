-- Quotes of ours: whom we asked, and what they said. `state`: asked, given, refused.

-- owner: fedi/publications/quoting.py
CREATE TABLE quote_asked (
  quote_uri TEXT NOT NULL PRIMARY KEY,
  object_uri TEXT NOT NULL,
  asked_uri TEXT NOT NULL,
  request_uri TEXT NOT NULL UNIQUE,
  stamp_uri TEXT,
  state TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  decided_at INTEGER
);
CREATE INDEX quote_asked_stamp ON quote_asked (stamp_uri) WHERE stamp_uri IS NOT NULL;

-- owner: fedi/publications/store.py
ALTER TABLE publication ADD COLUMN quote_stamp TEXT;
