-- Letters to participants of events are forgotten as what others said and was passed on.
DROP INDEX outbox_forwarded;
CREATE INDEX outbox_passing ON outbox_activity (published_at, id) WHERE visibility IN ('forwarded', 'told');

-- The last letters of people without an account, when an event and all its entries are gone.
-- owner: fedi/publications/event/farewell.py
CREATE TABLE attendance_farewell (
  id INTEGER NOT NULL PRIMARY KEY,
  mail_sealed BLOB NOT NULL,
  subject TEXT NOT NULL,
  words TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  kept_until INTEGER NOT NULL,
  attempts INTEGER NOT NULL
);
CREATE INDEX attendance_farewell_due ON attendance_farewell (due_at);

-- What was stored before there were searches and agendas is found as well.
INSERT INTO chore (kind, subject, due_at, attempts, claimed_until)
  SELECT 'reindex', '0', 0, 0, 0 WHERE EXISTS (SELECT 1 FROM publication);
