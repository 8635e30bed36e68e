"""What can be known of a tree's code without running it; see ``doctor.checks`` for what it means.

All of it is best effort in one direction: what cannot be known yields nothing, never a guess.
"""
