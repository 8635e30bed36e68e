"""``surefoot profile``: where a cold start goes. Imported by the command only, never by a start."""
