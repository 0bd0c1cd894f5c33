"""What the actions of calls refuse."""


class NotDone(Exception):
    """Nothing was changed; the words say why."""


class NotIdentified(NotDone):
    """What was said is not one patient's: nobody, several, or too little. It is not said which."""


class TooManyTries(NotIdentified):
    """Nobody is found in this contact any more."""


class NotSeen(NotDone):
    """The contact shows nobody, or no longer: what concerns a patient is not done by it."""
