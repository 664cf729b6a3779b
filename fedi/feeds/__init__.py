"""Windows for programs: news feeds and calendars. View dataclasses enter, bytes leave; pure, public things only (S75)."""
