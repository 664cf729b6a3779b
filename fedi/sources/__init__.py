"""Events from elsewhere: calendars, pages and exports of other programs → drafts, or a mirror that says where it is from."""
