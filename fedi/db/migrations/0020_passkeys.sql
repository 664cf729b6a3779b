-- Passkeys: keys that never leave somebody's device. Here is the public half, which opens nothing.

-- `sign_count`: what the device counted when it was last used; 0 for the many that do not count. `used_at`: empty before the first time.
-- owner: actors/passkeys.py
CREATE TABLE passkey (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id INTEGER NOT NULL,
  credential_id BLOB NOT NULL UNIQUE,
  public_key BLOB NOT NULL,
  sign_count INTEGER NOT NULL,
  label TEXT NOT NULL,
  since INTEGER NOT NULL,
  used_at INTEGER
);

CREATE INDEX passkey_person ON passkey (person_id, id);

-- Questions that were answered well, until they end by themselves: none is answered twice.
-- owner: actors/passkeys.py
CREATE TABLE passkey_answered (
  question_hash TEXT NOT NULL PRIMARY KEY,
  ends_at INTEGER NOT NULL
);

CREATE INDEX passkey_answered_ends ON passkey_answered (ends_at);
