"""An emulator of Lambda: its API and function URLs on one side, its Runtime API on the other."""
