"""AWS's client by name, on surefoot: see surefoot.compat."""

# The release whose names and arguments these are.
__version__ = "4.2.2"
