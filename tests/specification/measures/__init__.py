"""The measures read a second time: plain Python over generated people, their entries recorded, corrected and accepted at will."""
