"""The words of the wire: names, strict reading of bytes, tolerant reading of members, audiences."""
