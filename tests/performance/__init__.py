"""`make bench`: surefoot against what else could run a Python function, in processor time."""
