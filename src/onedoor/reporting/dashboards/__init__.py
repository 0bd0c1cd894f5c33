"""Dashboards: figures put into the tables and charts that a page, a pack and a command show."""
