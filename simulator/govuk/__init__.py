"""A stateful fake of GOV.UK Notify (text messages only).

Behaviour is cited by section of the messaging facts (``messaging.md``); ``notifications-api`` and ``notifications-tech-docs``
are alphagov's public repositories. What no source told us is marked ``invented:`` and nothing may rely on it.
"""
