"""The acceptance tests on AWS: an image, one stack, the tests, and everything removed again."""
