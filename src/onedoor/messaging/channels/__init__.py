"""Providers of texts, each in a module of its own (`onedoor.messaging.ports.Channel`)."""
