"""The local bench: run and invoke a function on this machine as Lambda would."""
