"""One file per module of the runtime; real parts, no patches."""
