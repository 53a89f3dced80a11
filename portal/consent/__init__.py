"""Consent for data accounts on allauth's OAuth views: it does state, PKCE and callback; we store a Connection and never a login."""
