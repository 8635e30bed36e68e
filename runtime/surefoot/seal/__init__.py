"""``surefoot seal``: what is settled once in the image build, so that no start pays for it.

This part records what a function's start touches, for ``surefoot.prefetch`` to read ahead.
"""
