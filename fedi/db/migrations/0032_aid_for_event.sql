-- For which event something is needed or offered.
-- owner: fedi/publications/aid/store.py
ALTER TABLE aid ADD COLUMN event_uri TEXT;
CREATE INDEX aid_event ON aid (event_uri, publication_id) WHERE event_uri IS NOT NULL;
