"""Packs: what is sent round each month, as PDF and workbook, with the numbers of the screens."""
