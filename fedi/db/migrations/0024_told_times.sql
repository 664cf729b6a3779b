-- Ids need not sort by time any more: what sorted by them sorts by the moment itself.

-- owner: fedi/publications/quotes.py
DROP INDEX quote_stamp_author;
CREATE INDEX quote_stamp_author ON quote_stamp (author_uri, created_at, uri);
