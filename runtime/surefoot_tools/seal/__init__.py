"""``surefoot seal``: what is settled once in the image build, so that no start pays for it.

Modes, bytecode, the doctor's look at it all, and a record of what a function's start touches, for
``surefoot.prefetch`` to read ahead.
"""
