"""MESH: what is to be sent and what came in, through the official client, losing nothing and saying nothing twice knowingly."""
