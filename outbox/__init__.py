"""What goes out.

An action (`outbox/actions/<verb>.py`) runs inside its author's transaction: it stores the object, the activity
and, through `outbox/send.py`, one delivery row per distinct inbox. Nothing is sent there. When the transaction is on
disk, `outbox/deliver.py` wakes: it leases due rows, at most two per host at a time, reads the one stored body, signs
at the moment of sending and posts. `outbox/retry.py` is the pure policy that turns an answer into a verdict: sent,
again (when), refused, gone. `outbox/hosts.py` remembers per host what failed and what worked: a host that keeps
failing is left alone but for one probe, so that dead servers cost nothing and delay nobody; a host that is heard
from is probed at once. Rows are leased, so a killed process loses nothing; receivers tolerate a double.
Order is kept per author and host: an older activity that still waits holds back the younger ones to that host.
"""
