"""surefoot: a Lambda runtime for Python that starts fast and says what went wrong.

The package is the runtime itself (``python -m surefoot app.handler``) and the small public API that
functions import. Importing it costs next to nothing: everything public is loaded when first used.
"""

__version__ = "0.1.0"
