-- Pictures from elsewhere that pages show: one row for each address that was asked for. `state`: kept or failed.
-- `source_host` is where the bytes came from after redirects; both hosts carry an unusual port.

-- owner: fedi/media/cache.py
CREATE TABLE remote_media (
  url TEXT NOT NULL PRIMARY KEY,
  host TEXT NOT NULL,
  source_host TEXT NOT NULL,
  state TEXT NOT NULL,
  media_key TEXT,
  small_key TEXT,
  size_bytes INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX remote_media_used ON remote_media (used_at, fetched_at) WHERE state = 'kept';
CREATE INDEX remote_media_fetched ON remote_media (state, fetched_at);
CREATE INDEX remote_media_host ON remote_media (host);
CREATE INDEX remote_media_source ON remote_media (source_host);

-- Files that are to be deleted: no row above names them any more, or not yet.
-- owner: fedi/media/cache.py
CREATE TABLE remote_media_leaving (
  media_key TEXT NOT NULL PRIMARY KEY,
  due_at INTEGER NOT NULL
);
CREATE INDEX remote_media_leaving_due ON remote_media_leaving (due_at);
