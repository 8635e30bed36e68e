"""``surefoot doctor``: what would stumble on Lambda, seen before the push.

A check is one small file in ``checks``, listed in its registry. It gets a ``Subject`` (a tree of
files, and what is known of the image) and yields findings; ``policy.json`` says how bad each is.
"""
