"""The durable engine: lanes, retries, schedules and recovery on the database, by DBOS, which nobody else knows.

Why DBOS, and what it needs around it to be safe: docs/decisions/008-dbos-behind-one-door.md.
"""
