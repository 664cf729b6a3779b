"""The face for servers: ActivityStreams documents, discovery, and the choice between a document and a page."""
