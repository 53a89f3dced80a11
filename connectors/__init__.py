"""The outside world: two accounting and CRM services, reached over HTTP. No Django in here."""
