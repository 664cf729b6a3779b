"""The doctor: looks at this instance from inside and through its own public address, and at others as we see them.

Facts enter, findings leave: what was looked at, whether it is well, what that means and how it is mended.
"""
