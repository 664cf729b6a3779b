-- What members find by its words: one row for each folded word of a publication.

-- owner: fedi/search/index.py
CREATE TABLE search_term (
  term TEXT NOT NULL,
  publication_id INTEGER NOT NULL,
  PRIMARY KEY (term, publication_id)
);
CREATE INDEX search_term_publication ON search_term (publication_id);
