-- Several processes on one database: who claims, knows by a number what is theirs still; whose words are in hand is found fast.
ALTER TABLE host ADD COLUMN claim INTEGER NOT NULL DEFAULT 0;
CREATE INDEX inbox_claimed ON inbox_activity (actor_uri) WHERE state = 'waiting' AND claimed_until > 0;
