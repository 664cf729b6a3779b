-- Mail, for those who gave an address: only to choose a new password.

-- `address_sealed`: opens with the instance secret alone. `address_hash`: keyed with it, to be found by.
-- owner: actors/mail.py
CREATE TABLE mail_address (
  person_id INTEGER NOT NULL PRIMARY KEY,
  address_sealed BLOB NOT NULL,
  address_hash TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  confirmed_at INTEGER
);
CREATE INDEX mail_address_hash ON mail_address (address_hash);

-- What is to be written to whom, sealed; the letter itself is written when it is sent, so no link lies here.
-- owner: actors/mail.py
CREATE TABLE letter (
  id INTEGER NOT NULL PRIMARY KEY,
  wish_sealed BLOB NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL
);
CREATE INDEX letter_due ON letter (due_at, id);
