-- Who is invited to events: by our collectives, and our collectives by others. Nobody but the two of them learns it.

-- `invite_uri`, `message_uri`: what was sent, an Invite or a message that somebody without that word can answer; `is_guest`: invited by
-- the organisers, and not only asked whether they come. `has_voted`: a poll is answered once.
-- owner: fedi/publications/event/invitations.py
CREATE TABLE event_invitation (
  event_uri TEXT NOT NULL,
  who TEXT NOT NULL,
  organiser_uri TEXT NOT NULL,
  is_guest BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  has_voted BOOLEAN NOT NULL,
  invite_uri TEXT NOT NULL,
  message_uri TEXT NOT NULL,
  language TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  PRIMARY KEY (event_uri, who)
);
CREATE INDEX event_invitation_invite ON event_invitation (invite_uri) WHERE invite_uri <> '';
CREATE INDEX event_invitation_message ON event_invitation (message_uri) WHERE message_uri <> '';
CREATE INDEX event_invitation_by ON event_invitation (organiser_uri, sent_at);
CREATE INDEX event_invitation_who ON event_invitation (who);

-- `over_at`: when the event ends; `host`: of whoever invites, who may only do so often.
-- owner: fedi/publications/event/invited.py
CREATE TABLE event_invited (
  actor_uri TEXT NOT NULL,
  event_uri TEXT NOT NULL,
  from_uri TEXT NOT NULL,
  host TEXT NOT NULL,
  activity_uri TEXT NOT NULL,
  message TEXT NOT NULL,
  state TEXT NOT NULL,
  over_at INTEGER NOT NULL,
  came_at INTEGER NOT NULL,
  PRIMARY KEY (actor_uri, event_uri)
);
CREATE INDEX event_invited_next ON event_invited (actor_uri, over_at, event_uri);
CREATE INDEX event_invited_activity ON event_invited (activity_uri);
CREATE INDEX event_invited_event ON event_invited (event_uri);
CREATE INDEX event_invited_over ON event_invited (over_at, event_uri);
CREATE INDEX event_invited_host ON event_invited (host, came_at);
CREATE INDEX event_invited_from ON event_invited (from_uri);
