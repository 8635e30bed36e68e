"""Multi-concurrency, with real processes against the scripted Runtime API."""
