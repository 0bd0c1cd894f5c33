"""What a command says when it will not go on."""


class Refused(Exception):
    """A sentence for the person at the keyboard: what is in the way and what to do. Printed without a traceback."""
