"""What a person at the desk can do: one module per area, every function `(instance, order) -> result`.

The command line calls these through `control.py`; forms and program interfaces call the same functions directly.
"""
