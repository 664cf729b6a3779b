-- Who can when, of those who were asked for a date. `over_at`: when the last of the moments is over.
-- owner: fedi/publications/dates/answers.py
CREATE TABLE date_answer (
  poll_uri TEXT NOT NULL,
  slot_uri TEXT NOT NULL,
  who TEXT NOT NULL,
  wish TEXT NOT NULL,
  over_at INTEGER NOT NULL,
  said_at INTEGER NOT NULL,
  PRIMARY KEY (poll_uri, slot_uri, who)
);
CREATE INDEX date_answer_who ON date_answer (who);
CREATE INDEX date_answer_by ON date_answer (poll_uri, who);
CREATE INDEX date_answer_over ON date_answer (over_at, poll_uri);
