"""The Friends and Family Test: what can be answered to it. Answers are never joined to a patient (clinical.md 4)."""
