"""``surefoot doctor``: problems that would make an image or a function fail on Lambda.

A check is a module in ``checks``. It gets a ``CheckContext`` (a tree of files, and what is known of
the image) and yields findings; ``rules`` says how bad each is and why.
"""
