-- Every moment is a number of milliseconds since 1970 (UTC). Every `uri` is an ActivityPub id, compared as text.
-- Lists and maps whose order matters are kept as JSON text, never in a type that re-sorts keys.

-- owner: fedi/settings.py
CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

-- owner: actors/store.py
CREATE TABLE actor (
  id INTEGER NOT NULL PRIMARY KEY,
  uri TEXT NOT NULL UNIQUE,
  host TEXT NOT NULL,
  role TEXT NOT NULL,
  type TEXT NOT NULL,
  username TEXT NOT NULL,
  name TEXT NOT NULL,
  summary TEXT NOT NULL,
  summary_source TEXT,
  url TEXT,
  inbox TEXT NOT NULL,
  shared_inbox TEXT,
  outbox TEXT,
  followers TEXT,
  following TEXT,
  featured TEXT,
  icon TEXT,
  image TEXT,
  fields TEXT NOT NULL,
  aliases TEXT NOT NULL,
  moved_to TEXT,
  language TEXT,
  discoverable BOOLEAN NOT NULL,
  indexable BOOLEAN NOT NULL,
  approves_followers BOOLEAN NOT NULL,
  published_at INTEGER,
  updated_at INTEGER,
  fetched_at INTEGER,
  deleted_at INTEGER
);
CREATE INDEX actor_host ON actor (host, username);
CREATE UNIQUE INDEX actor_local_username ON actor (username) WHERE role <> 'remote';

-- owner: actors/keys.py
CREATE TABLE actor_key (
  owner_uri TEXT NOT NULL,
  uri TEXT NOT NULL,
  kind TEXT NOT NULL,
  public_text TEXT NOT NULL,
  private_sealed BLOB,
  created_at INTEGER NOT NULL,
  retired_at INTEGER,
  PRIMARY KEY (owner_uri, uri)
);
CREATE INDEX actor_key_uri ON actor_key (uri);

-- owner: actors/follows.py
CREATE TABLE follow (
  follower_uri TEXT NOT NULL,
  followed_uri TEXT NOT NULL,
  activity_uri TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  decided_at INTEGER,
  PRIMARY KEY (follower_uri, followed_uri)
);
CREATE INDEX follow_followed ON follow (followed_uri, state, asked_at);
CREATE INDEX follow_activity ON follow (activity_uri);

-- owner: actors/blocks.py
CREATE TABLE block (
  blocker_uri TEXT NOT NULL,
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  activity_uri TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (blocker_uri, target)
);
CREATE INDEX block_target ON block (target);

-- owner: actors/people.py
CREATE TABLE person (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  language TEXT,
  created_at INTEGER NOT NULL,
  removed_at INTEGER
);
-- owner: actors/people.py
CREATE TABLE person_role (
  person_id INTEGER NOT NULL,
  actor_uri TEXT NOT NULL,
  role TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  PRIMARY KEY (person_id, actor_uri)
);
-- owner: actors/people.py
CREATE TABLE invitation (
  token_hash TEXT NOT NULL PRIMARY KEY,
  person_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
-- owner: actors/people.py
CREATE TABLE api_token (
  id INTEGER NOT NULL PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  person_id INTEGER NOT NULL,
  label TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
);

-- owner: actors/notifications.py
CREATE TABLE notification (
  id INTEGER NOT NULL PRIMARY KEY,
  actor_uri TEXT NOT NULL,
  kind TEXT NOT NULL,
  from_uri TEXT NOT NULL,
  about_uri TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  read_at INTEGER,
  UNIQUE (actor_uri, kind, from_uri, about_uri)
);
CREATE INDEX notification_newest ON notification (actor_uri, created_at, id);

-- owner: fedi/publications/store.py
CREATE TABLE publication (
  id INTEGER NOT NULL PRIMARY KEY,
  uri TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  author_uri TEXT NOT NULL,
  is_local BOOLEAN NOT NULL,
  visibility TEXT NOT NULL,
  addressed TEXT NOT NULL,
  language TEXT NOT NULL,
  texts TEXT NOT NULL,
  url TEXT,
  in_reply_to TEXT,
  context TEXT,
  quote TEXT,
  tags TEXT NOT NULL,
  attachments TEXT NOT NULL,
  details TEXT,
  is_sensitive BOOLEAN NOT NULL,
  indexable BOOLEAN,
  is_held BOOLEAN NOT NULL,
  published_at INTEGER NOT NULL,
  updated_at INTEGER,
  stored_at INTEGER NOT NULL,
  version INTEGER NOT NULL
);
CREATE INDEX publication_author ON publication (author_uri, published_at, id);
CREATE INDEX publication_reply ON publication (in_reply_to, published_at, id) WHERE in_reply_to IS NOT NULL;
CREATE INDEX publication_context ON publication (context, published_at, id) WHERE context IS NOT NULL;
CREATE INDEX publication_local_kind ON publication (kind, published_at, id) WHERE is_local AND visibility = 'public';
CREATE INDEX publication_local ON publication (published_at, id) WHERE is_local AND visibility = 'public';
CREATE INDEX publication_stored ON publication (stored_at) WHERE NOT is_local;

-- owner: fedi/publications/store.py
CREATE TABLE publication_edit (
  publication_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  texts TEXT NOT NULL,
  details TEXT,
  attachments TEXT NOT NULL,
  replaced_at INTEGER NOT NULL,
  PRIMARY KEY (publication_id, version)
);
-- owner: fedi/publications/store.py
CREATE TABLE publication_hashtag (
  name TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  publication_id INTEGER NOT NULL,
  PRIMARY KEY (name, published_at, publication_id)
);
CREATE INDEX publication_hashtag_of ON publication_hashtag (publication_id);
-- owner: fedi/publications/store.py
CREATE TABLE publication_addressee (
  publication_id INTEGER NOT NULL,
  actor_uri TEXT NOT NULL,
  PRIMARY KEY (publication_id, actor_uri)
);
CREATE INDEX publication_addressee_actor ON publication_addressee (actor_uri, publication_id);
-- owner: fedi/publications/store.py
CREATE TABLE tombstone (
  uri TEXT NOT NULL PRIMARY KEY,
  former_type TEXT,
  author_uri TEXT,
  is_local BOOLEAN NOT NULL,
  deleted_at INTEGER NOT NULL
);

-- owner: fedi/publications/event/store.py
CREATE TABLE event (
  publication_id INTEGER NOT NULL PRIMARY KEY,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  is_listed BOOLEAN NOT NULL
);
CREATE INDEX event_agenda ON event (ends_at, starts_at, publication_id) WHERE is_listed;

-- owner: fedi/publications/aid/store.py
CREATE TABLE aid (
  publication_id INTEGER NOT NULL PRIMARY KEY,
  purpose TEXT NOT NULL,
  until_at INTEGER,
  is_listed BOOLEAN NOT NULL
);
CREATE INDEX aid_listed ON aid (purpose, publication_id) WHERE is_listed;

-- owner: fedi/publications/reactions.py
CREATE TABLE reaction (
  kind TEXT NOT NULL,
  object_uri TEXT NOT NULL,
  actor_uri TEXT NOT NULL,
  content TEXT NOT NULL,
  activity_uri TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (object_uri, kind, actor_uri, content)
);
CREATE INDEX reaction_activity ON reaction (activity_uri);
CREATE INDEX reaction_actor ON reaction (actor_uri, created_at);

-- owner: fedi/publications/featured.py
CREATE TABLE featured (
  actor_uri TEXT NOT NULL,
  object_uri TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (actor_uri, object_uri)
);

-- owner: fedi/publications/timeline.py
CREATE TABLE timeline_entry (
  actor_uri TEXT NOT NULL,
  publication_id INTEGER NOT NULL,
  sort_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  boosted_by TEXT,
  PRIMARY KEY (actor_uri, publication_id)
);
CREATE INDEX timeline_newest ON timeline_entry (actor_uri, sort_at, publication_id);

-- owner: fedi/moderation/flags.py
CREATE TABLE flag (
  id INTEGER NOT NULL PRIMARY KEY,
  activity_uri TEXT NOT NULL,
  actor_uri TEXT NOT NULL,
  content TEXT NOT NULL,
  objects TEXT NOT NULL,
  state TEXT NOT NULL,
  received_at INTEGER NOT NULL
);
CREATE INDEX flag_newest ON flag (state, received_at);

-- owner: fedi/media/store.py
CREATE TABLE media (
  id INTEGER NOT NULL PRIMARY KEY,
  media_key TEXT NOT NULL UNIQUE,
  small_key TEXT,
  owner_uri TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  blurhash TEXT,
  alt TEXT,
  created_at INTEGER NOT NULL
);

-- owner: inbox/store.py
CREATE TABLE inbox_activity (
  id INTEGER NOT NULL PRIMARY KEY,
  uri TEXT NOT NULL,
  actor_uri TEXT NOT NULL,
  recipient TEXT NOT NULL,
  type TEXT NOT NULL,
  body BLOB,
  key_id TEXT NOT NULL,
  proof TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  claimed_until INTEGER NOT NULL,
  done_at INTEGER,
  UNIQUE (actor_uri, uri, recipient)
);
CREATE INDEX inbox_due ON inbox_activity (due_at, id) WHERE state = 'waiting';
CREATE INDEX inbox_done ON inbox_activity (done_at) WHERE body IS NOT NULL;

-- owner: outbox/store.py
CREATE TABLE outbox_activity (
  id INTEGER NOT NULL PRIMARY KEY,
  uri TEXT NOT NULL UNIQUE,
  actor_uri TEXT NOT NULL,
  type TEXT NOT NULL,
  object_uri TEXT NOT NULL,
  visibility TEXT NOT NULL,
  is_listed BOOLEAN NOT NULL,
  is_final BOOLEAN NOT NULL,
  key_uri TEXT,
  body BLOB NOT NULL,
  published_at INTEGER NOT NULL
);
CREATE INDEX outbox_listed ON outbox_activity (actor_uri, published_at, id) WHERE is_listed;
CREATE INDEX outbox_object ON outbox_activity (object_uri, id);

-- owner: outbox/store.py
CREATE TABLE delivery (
  id INTEGER NOT NULL PRIMARY KEY,
  activity_id INTEGER NOT NULL,
  host TEXT NOT NULL,
  inbox TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  last_status INTEGER,
  last_reason TEXT NOT NULL,
  last_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (activity_id, inbox)
);
CREATE INDEX delivery_waiting ON delivery (host, id) WHERE state = 'waiting';
CREATE INDEX delivery_settled ON delivery (last_at) WHERE state <> 'waiting';

-- owner: outbox/hosts.py
CREATE TABLE host (
  host TEXT NOT NULL PRIMARY KEY,
  due_at INTEGER,
  claimed_until INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  failing_since INTEGER,
  last_sent_at INTEGER,
  last_heard_at INTEGER,
  last_reason TEXT NOT NULL,
  signature_scheme TEXT,
  clock_skew_s INTEGER
);
CREATE INDEX host_due ON host (due_at) WHERE due_at IS NOT NULL;

-- owner: fedi/publications/quotes.py
CREATE TABLE quote_stamp (
  uri TEXT NOT NULL PRIMARY KEY,
  author_uri TEXT NOT NULL,
  object_uri TEXT NOT NULL,
  quote_uri TEXT NOT NULL,
  quoter_uri TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (object_uri, quote_uri)
);

-- owner: fedi/chores.py
CREATE TABLE chore (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  claimed_until INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
);
CREATE INDEX chore_due ON chore (due_at);
