-- What waits for a decision is found without reading everything; a permission that was taken back is remembered.

-- owner: actors/notifications.py
CREATE INDEX notification_by_id ON notification (actor_uri, id);

-- owner: fedi/publications/store.py
CREATE INDEX publication_held ON publication (id) WHERE is_held;

-- owner: fedi/publications/quotes.py
ALTER TABLE quote_stamp ADD COLUMN revoked_at INTEGER;
CREATE INDEX quote_stamp_author ON quote_stamp (author_uri, uri);
