"""Real packages that people put around a handler, on surefoot, against local sinks."""
