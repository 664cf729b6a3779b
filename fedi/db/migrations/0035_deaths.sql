-- At how many deaths of the process an activity was under way: what is there each time is worked alone, and then set aside.

ALTER TABLE inbox_activity ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
CREATE INDEX inbox_suspect ON inbox_activity (due_at) WHERE state = 'waiting' AND deaths >= 2;
