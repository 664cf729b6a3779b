-- A name that others bear is shown as their handle once both hosts said so: which, which one it was before, when to ask again.

-- `handle`: `name@host` in small letters; empty until it is confirmed. Of collectives here it follows from their user name.
-- owner: actors/store.py
ALTER TABLE actor ADD COLUMN handle TEXT;
ALTER TABLE actor ADD COLUMN former_handle TEXT;
ALTER TABLE actor ADD COLUMN handle_changed_at INTEGER;
ALTER TABLE actor ADD COLUMN handle_due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actor ADD COLUMN handle_failures INTEGER NOT NULL DEFAULT 0;
CREATE INDEX actor_handle ON actor (handle);
CREATE INDEX actor_handle_due ON actor (handle_due_at) WHERE handle IS NULL;
