-- Which hashtags our collectives follow. Nobody but the collective learns of it.

-- `name`: as hashtags are compared; `label`: as it was typed; `on_agenda`: whether its events stand in the agenda everybody sees.
-- owner: actors/followed_tags.py
CREATE TABLE followed_tag (
  actor_uri TEXT NOT NULL,
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  on_agenda BOOLEAN NOT NULL,
  followed_at INTEGER NOT NULL,
  PRIMARY KEY (actor_uri, name)
);
CREATE INDEX followed_tag_name ON followed_tag (name, actor_uri);

-- `by_tag`: the followed hashtag that brought it, when nothing else did.
-- owner: fedi/publications/timeline.py
ALTER TABLE timeline_entry ADD COLUMN by_tag TEXT;
CREATE INDEX timeline_tag ON timeline_entry (actor_uri, by_tag) WHERE by_tag IS NOT NULL;
