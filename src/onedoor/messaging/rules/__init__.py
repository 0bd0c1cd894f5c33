"""Pure rules of messaging: no table, no clock, no network."""
