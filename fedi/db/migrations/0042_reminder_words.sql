-- With which word somebody who answers asked to be reminded, so that deleting it ends the reminder.

-- owner: fedi/publications/event/attendance.py
ALTER TABLE attendance ADD COLUMN reminder_uri TEXT;
CREATE INDEX attendance_reminder ON attendance (who, reminder_uri) WHERE reminder_uri IS NOT NULL;
