"""The Python client of the service: `speechsmith.client.client.Client`, which the command line stands on.

Nothing is imported here, so that a program may catch `speechsmith.client.errors` without loading an HTTP library.
"""
