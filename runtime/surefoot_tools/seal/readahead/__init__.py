"""The manifest of files that a start reads, so that ``surefoot._runtime.readahead`` can read them ahead.

``init_trace`` runs the function's init in a process that ``child`` watches; ``manifest`` turns the
trace into the file that the runtime reads.
"""
