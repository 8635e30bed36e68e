"""A long run of one process: does it keep its descriptors and its memory?"""
