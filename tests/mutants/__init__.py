"""Mutation testing of the Runtime API's client, the loop and the workers: do the tests notice?"""
