-- Who comes to events of ours: how an event takes answers, the answers, and the links that change them.

-- `place` and `online_url`: what only those who are coming are told; `word`: the last thing the organisers wrote to all of them.
-- `answers` is counted so that two answers at the same moment wait for one another.
-- owner: fedi/publications/event/gathering.py
CREATE TABLE gathering (
  event_uri TEXT NOT NULL PRIMARY KEY,
  has_waiting BOOLEAN NOT NULL,
  form TEXT NOT NULL,
  shows_counts BOOLEAN NOT NULL,
  is_closed BOOLEAN NOT NULL,
  place TEXT,
  online_url TEXT,
  word TEXT NOT NULL,
  answers INTEGER NOT NULL,
  over_at INTEGER NOT NULL
);
CREATE INDEX gathering_over ON gathering (over_at, event_uri);

-- `who`: an actor, or `form:` and the word of the form that was sent. `mail_what`: which letter waits to be written.
-- owner: fedi/publications/event/attendance.py
CREATE TABLE attendance (
  id INTEGER NOT NULL PRIMARY KEY,
  event_uri TEXT NOT NULL,
  who TEXT NOT NULL,
  state TEXT NOT NULL,
  road TEXT NOT NULL,
  name TEXT NOT NULL,
  people INTEGER NOT NULL,
  message TEXT NOT NULL,
  language TEXT NOT NULL,
  activity_uri TEXT,
  wants_reminder BOOLEAN NOT NULL,
  reminded_at INTEGER,
  mail_sealed BLOB,
  mail_what TEXT NOT NULL,
  mail_due INTEGER,
  mail_attempts INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  UNIQUE (event_uri, who)
);
CREATE INDEX attendance_state ON attendance (event_uri, state, asked_at, id);
CREATE INDEX attendance_who ON attendance (who, activity_uri);
CREATE INDEX attendance_mail ON attendance (mail_due) WHERE mail_due IS NOT NULL;

-- owner: fedi/publications/event/attendance.py
CREATE TABLE attendance_link (
  token_hash TEXT NOT NULL PRIMARY KEY,
  attendance_id INTEGER NOT NULL,
  made_at INTEGER NOT NULL
);
CREATE INDEX attendance_link_entry ON attendance_link (attendance_id, made_at);
