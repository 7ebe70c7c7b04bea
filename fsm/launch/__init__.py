"""Starting Sightglass from nothing: interpreter, database, secrets, processes.

Everything here is standard library only at import: it runs before anything has been installed.
"""
