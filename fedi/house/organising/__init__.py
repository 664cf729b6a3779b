"""The room of those who organise together: who is asked, who agreed, what others ask us."""
