"""The ``surefoot`` command: ``doctor``, ``profile`` and ``seal``.

It runs in an image's build or on a developer's machine. The runtime (package ``surefoot``) never
imports it, so nothing here costs a cold start.
"""
