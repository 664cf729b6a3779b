-- Relays that a steward subscribed to. `state`: asked, accepted, refused, left. `actor_uri` of a Mastodon style relay is
-- known from its first answer; `their_follow_uri`: the Follow with which it asked for our announcements.

-- owner: actors/relays.py
CREATE TABLE relay (
  id INTEGER NOT NULL PRIMARY KEY,
  address TEXT NOT NULL UNIQUE,
  style TEXT NOT NULL,
  host TEXT NOT NULL,
  inbox TEXT NOT NULL,
  actor_uri TEXT,
  state TEXT NOT NULL,
  follow_uri TEXT NOT NULL,
  their_follow_uri TEXT,
  asked_at INTEGER NOT NULL,
  heard_at INTEGER
);

-- What relays brought: nobody here follows its author, so it stands in no timeline.
-- owner: actors/relays.py
CREATE TABLE relayed (
  publication_id INTEGER NOT NULL PRIMARY KEY,
  relay_id INTEGER NOT NULL,
  brought_at INTEGER NOT NULL
);
CREATE INDEX relayed_newest ON relayed (brought_at, publication_id);
