"""AWS's client as other packages know it: trackers and tracers replace its functions by name.

Loaded when a package looks for one of those names: in ``__main__`` (see _runtime.bootstrap), in
``awslambdaric`` (an import hook there, and ``packages``, which stands last on sys.path), or in
``bootstrap``. What a package replaces is called around each invocation from then on, with the
arguments of awslambdaric 4.2.
"""
