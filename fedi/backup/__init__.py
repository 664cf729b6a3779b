"""Backups: one file that holds everything needed to start elsewhere, and the way back from it.

`archive.py` is the form of the file, `envelope.py` its encryption, `making.py` writes one, `checking.py` proves one,
`restoring.py` starts from one, `epoch.py` says what ends with it, `shelf.py` knows which ones lie in a folder.
"""
