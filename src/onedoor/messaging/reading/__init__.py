"""Reading what patients write: exact forms and rules first (`messaging.rules`), then a small model that may abstain.

`features` turns words into numbers, `model` weighs them by a file that `training` writes, `interpret` decides with what is
known of the context: act, ask, or a person.
"""
