"""MESH as NHS England's own sandbox plays it, with what the sandbox lacks of the live service (interop.md 1.6).

The doors, tokens, errors and answers are those of the package `mesh-sandbox`. What is added here is marked by the line of the
facts that it follows, and as invented where the facts are silent. It knows nothing of Onedoor, and listens on this machine only.
"""
