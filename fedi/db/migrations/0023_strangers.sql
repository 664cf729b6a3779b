-- Words of strangers that look like a wave wait: why something waits, since when somebody is known, what was said from where.

-- Names of reasons, with a space between them; empty for what does not wait.
-- owner: fedi/publications/store.py
ALTER TABLE publication ADD COLUMN held_why TEXT NOT NULL DEFAULT '';

-- `seen_at`: when we first heard of them. `followers_told`: how many followers their document says they have.
-- owner: actors/store.py
ALTER TABLE actor ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actor ADD COLUMN followers_told INTEGER;
-- a row's number begins with the moment at which it was made
-- owner: actors/store.py
UPDATE actor SET seen_at = id / 1048576;

-- Which words strangers said from which host lately: never the words, only what the same words always give.
-- owner: inbox/strangers.py
CREATE TABLE heard_words (
  print TEXT NOT NULL,
  host TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (print, host)
);
CREATE INDEX heard_words_at ON heard_words (at);
