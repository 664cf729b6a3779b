-- A second factor: codes from a program on somebody's telephone, and codes on paper for the day it is lost.

-- `last_step`: the step of time of the last code that was taken, so that none is taken twice.
-- owner: actors/factors.py
CREATE TABLE factor (
  person_id INTEGER NOT NULL PRIMARY KEY,
  secret_sealed BLOB NOT NULL,
  last_step INTEGER NOT NULL,
  since INTEGER NOT NULL
);

-- `code_hash`: keyed with the instance secret, which is not in this file. A row is gone once its code was used.
-- owner: actors/factors.py
CREATE TABLE recovery_code (
  person_id INTEGER NOT NULL,
  code_hash TEXT NOT NULL,
  PRIMARY KEY (person_id, code_hash)
);

-- A second factor that a steward took away: the person is told until they have seen it.
-- owner: actors/factors.py
CREATE TABLE factor_taken (
  person_id INTEGER NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL
);
