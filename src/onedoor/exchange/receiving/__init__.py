"""The practice's side of MESH: a document that came is read, matched to a person, coded in one touch, and answered.

`rules` decides and is pure; `taking` takes an arrival; `proposing` holds what a document carries against the record; `coding` is
what people at the practice do with it; `queries` is what they see.
"""
