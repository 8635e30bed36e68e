"""``surefoot seal``: the last step of an image's build; it needs root and the image's own files."""
