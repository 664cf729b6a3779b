-- What our collectives answered to events of others, and what came of it. Nobody but the collective and the organiser learns it.

-- `way`: in whose words it was said (a Join, or an Accept of the event); `over_at`: when the event ends.
-- owner: fedi/publications/event/participation.py
CREATE TABLE participation (
  actor_uri TEXT NOT NULL,
  event_uri TEXT NOT NULL,
  way TEXT NOT NULL,
  wish TEXT NOT NULL,
  state TEXT NOT NULL,
  activity_uri TEXT NOT NULL,
  over_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (actor_uri, event_uri)
);
CREATE INDEX participation_activity ON participation (activity_uri);
CREATE INDEX participation_over ON participation (over_at, event_uri, actor_uri);
CREATE INDEX participation_event ON participation (event_uri);
