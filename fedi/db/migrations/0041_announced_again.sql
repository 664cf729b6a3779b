-- Whether an event is passed on to the followers of its organiser once more, the day before.

-- owner: fedi/publications/event/gathering.py
ALTER TABLE gathering ADD COLUMN announces_again BOOLEAN NOT NULL DEFAULT FALSE;
