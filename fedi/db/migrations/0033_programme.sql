-- A programme that is being written: it goes out as a whole, as one change of its event.

-- owner: fedi/publications/event/sketch.py
CREATE TABLE programme_sketch (
  event_uri TEXT NOT NULL PRIMARY KEY,
  parts TEXT NOT NULL,
  version INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
);
