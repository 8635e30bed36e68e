"""How often the doctor reports an error about code that works."""
