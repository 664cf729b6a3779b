"""Where members write: a draft for everything, looked at before it goes out, together."""
