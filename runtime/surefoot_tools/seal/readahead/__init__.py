"""The manifest of the files that a start reads: what ``surefoot._runtime.readahead`` reads ahead.

``init_trace`` runs the function's init in a process that ``child`` watches; ``manifest`` turns the
trace into the file that the runtime reads.
"""
