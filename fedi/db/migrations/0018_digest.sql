-- Who is told by mail, every so many days, that something waits. `digest_days` 0: nobody is.

-- owner: actors/mail.py
ALTER TABLE mail_address ADD COLUMN digest_days INTEGER NOT NULL DEFAULT 0;
-- owner: actors/mail.py
ALTER TABLE mail_address ADD COLUMN digest_at INTEGER NOT NULL DEFAULT 0;
