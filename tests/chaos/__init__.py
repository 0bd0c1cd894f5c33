"""Processes are killed and stopped; nothing may be lost, nothing said twice."""
