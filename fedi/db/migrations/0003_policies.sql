-- What is not shut out but kept from public pages: hosts (those below them too) and actors.

-- owner: actors/blocks.py
CREATE TABLE limited (
  target TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

-- Named lists of actors, each of one collective; nobody else learns of them.

-- owner: actors/circles.py
CREATE TABLE circle (
  id INTEGER NOT NULL PRIMARY KEY,
  owner_uri TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (owner_uri, name)
);
-- owner: actors/circles.py
CREATE TABLE circle_member (
  circle_id INTEGER NOT NULL,
  actor_uri TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (circle_id, actor_uri)
);
-- Who was a member when something was published: these may read it, and nobody who came later.
-- owner: actors/circles.py
CREATE TABLE circle_reader (
  object_uri TEXT NOT NULL,
  actor_uri TEXT NOT NULL,
  PRIMARY KEY (object_uri, actor_uri)
);

-- What block lists of others propose. `wish`: block, limit, lift; `state`: open, confirmed, dismissed.
-- owner: fedi/moderation/blocklists.py
CREATE TABLE blocklist_draft (
  source TEXT NOT NULL,
  host TEXT NOT NULL,
  wish TEXT NOT NULL,
  comment TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (source, host)
);
CREATE INDEX blocklist_draft_host ON blocklist_draft (host, state);
CREATE INDEX blocklist_draft_open ON blocklist_draft (source, host) WHERE state = 'open';

-- owner: fedi/moderation/blocklists.py
CREATE TABLE blocklist_subscription (
  url TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  fetched_at INTEGER,
  due_at INTEGER NOT NULL,
  problem TEXT NOT NULL
);
