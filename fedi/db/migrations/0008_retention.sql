-- What is forgotten in time is found without reading whole tables.

CREATE INDEX publication_quote ON publication (quote) WHERE quote IS NOT NULL;
CREATE INDEX timeline_publication ON timeline_entry (publication_id);
CREATE INDEX featured_object ON featured (object_uri);
CREATE INDEX notification_about ON notification (about_uri);
CREATE INDEX notification_from ON notification (from_uri);
CREATE INDEX flag_actor ON flag (actor_uri);
CREATE INDEX circle_member_actor ON circle_member (actor_uri);
CREATE INDEX circle_reader_actor ON circle_reader (actor_uri);
CREATE INDEX outbox_forwarded ON outbox_activity (published_at, id) WHERE visibility = 'forwarded';
