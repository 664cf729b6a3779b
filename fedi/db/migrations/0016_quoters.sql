-- Who may quote us is found when old accounts are forgotten: taking that leave back has to reach them.

CREATE INDEX quote_stamp_quoter ON quote_stamp (quoter_uri) WHERE revoked_at IS NULL;
