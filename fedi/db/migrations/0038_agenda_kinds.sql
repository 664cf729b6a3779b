-- Events are also looked for by their kind, and by whether they are online: those stored before are read once more.

INSERT INTO chore (kind, subject, due_at, attempts, claimed_until)
  SELECT 'reindex', '0', 0, 0, 0 WHERE EXISTS (SELECT 1 FROM publication)
  ON CONFLICT (kind, subject) DO NOTHING;
