"""Windows: what people are shown, read from any table and changed in none. Rows enter, frozen dataclasses leave."""
