"""The door for people: pages, feeds and files over HTTP. Requests enter, answers leave; nothing here decides a rule."""
