-- What was set aside is few rows among very many.

CREATE INDEX inbox_set_aside ON inbox_activity (id) WHERE state = 'quarantined';
