-- What members write before it goes out: every form is a row from its first save on.

-- `state`: "open", "asked" (waits for somebody who may publish), "due" (goes out by itself at `due_at`), "done".
-- `content`: everything as it was typed, JSON; emptied when it is done. `once`: what makes a form that is sent twice one draft.
-- `changes_uri`: the publication of ours that it changes, `base_version` the version it began from.
-- `due_by`: who let it go out. `failure`: why it did not, a message key with its values.
-- owner: fedi/publications/drafts.py
CREATE TABLE draft (
  id INTEGER NOT NULL PRIMARY KEY,
  public_id TEXT NOT NULL UNIQUE,
  once TEXT NOT NULL UNIQUE,
  actor_uri TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  content TEXT NOT NULL,
  version INTEGER NOT NULL,
  changes_uri TEXT,
  base_version INTEGER NOT NULL,
  begun_by INTEGER NOT NULL,
  changed_by INTEGER NOT NULL,
  note TEXT NOT NULL,
  due_at INTEGER,
  due_by INTEGER,
  failure TEXT NOT NULL,
  published_uri TEXT,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
);
CREATE INDEX draft_listed ON draft (actor_uri, state, changed_at, id);
CREATE INDEX draft_due ON draft (state, due_at);
CREATE INDEX draft_changes ON draft (changes_uri);
-- For completing a name while somebody types.
CREATE INDEX actor_username ON actor (username, host);
