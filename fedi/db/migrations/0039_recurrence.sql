-- Events that repeat: what is published again and again, and which event is which time of it.

-- `template`: the order to publish as it was last given; `day`: of the last time that was made; `due_at`: when more are made.
-- owner: fedi/publications/event/recurrence.py
CREATE TABLE recurrence (
  id TEXT NOT NULL PRIMARY KEY,
  actor_uri TEXT NOT NULL,
  template TEXT NOT NULL,
  first_day TEXT NOT NULL,
  day TEXT NOT NULL,
  due_at INTEGER
);
CREATE INDEX recurrence_due ON recurrence (due_at, id) WHERE due_at IS NOT NULL;

-- owner: fedi/publications/event/recurrence.py
CREATE TABLE recurrence_time (
  event_uri TEXT NOT NULL PRIMARY KEY,
  series_id TEXT NOT NULL,
  day TEXT NOT NULL
);
CREATE INDEX recurrence_time_of ON recurrence_time (series_id, day, event_uri);
