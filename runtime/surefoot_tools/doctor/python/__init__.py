"""Facts about a tree's Python code, without running it.

What cannot be known yields nothing, never a guess.
"""
