"""The demonstration: what `onedoor up` loads into an empty database, and whom one may sign in as."""


def load_if_empty() -> bool:
    """Load the demonstration unless there is data already; True when it was loaded."""
    return False


def sign_ins(address: str) -> list[tuple[str, str]]:
    """Who can sign in with one click, and where: (role, link), printed once the site answers at `address`."""
    return []
