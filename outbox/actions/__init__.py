"""One file per verb that leaves. An action is a change: it runs inside the transaction of whoever decided it."""
