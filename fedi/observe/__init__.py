"""How this server is doing, in numbers, for whoever looks after it: `families.py` lists them, `now.py` asks for those of
this moment, `text.py` writes them as Prometheus reads them, `listener.py` hands them out. Nothing about people (S84).
"""
