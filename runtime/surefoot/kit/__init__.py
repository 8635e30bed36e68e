"""What batch functions share: tables, metrics, a pace for API calls, refusals explained, going on.

Standard library only, like all of the runtime: AWS clients are handed in, never made here. Nothing
of it is imported by a start; a function imports the module it needs.
"""
