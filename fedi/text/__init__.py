"""Words for people: HTML in and out, Markdown, direction, plain text. Pure; nothing here knows a network or a store."""
