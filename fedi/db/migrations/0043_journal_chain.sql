-- Each entry of the journal carries a digest of itself and of the one before, so that what is taken out or changed is noticed.
-- Entries from before have neither number nor digest.

-- owner: actors/journal.py
ALTER TABLE journal ADD COLUMN number INTEGER;
ALTER TABLE journal ADD COLUMN digest TEXT;
CREATE UNIQUE INDEX journal_number ON journal (number) WHERE number IS NOT NULL;

-- One row: the last entry that was written, and the last one that was forgotten for its age.
-- owner: actors/journal.py
CREATE TABLE journal_chain (
  id INTEGER NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL,
  digest TEXT NOT NULL,
  forgotten_number INTEGER NOT NULL,
  forgotten_digest TEXT NOT NULL
);
