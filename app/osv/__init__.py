"""Published advisories in OSV's form: asked of the OSV service, or read from files. Judges nothing: checks do."""
