"""The API's kernel: tokens, scopes, repeats, pages, refusals and the description of it all.

Each app has its own `api.py`: one class an operation, made of a capability, an input, an action, an output.
"""
