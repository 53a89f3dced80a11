"""What people may do, by name. The permissions themselves stand on the models; here are the words the views ask for."""

from __future__ import annotations

MAY_CONNECT = "syncconfig.connect"
"""Connect, reconnect and disconnect accounts."""
MAY_CONFIGURE = "syncconfig.configure"
"""Set up, edit, turn off and delete syncs."""
MAY_OPERATE = "syncconfig.operate"
"""Sync now, retry, link records, run anyway."""
MAY_MAP = "syncconfig.custom_mappings"
"""Add mapped fields of one's own."""
MAY_EXPORT = "syncconfig.export"
"""Take records out as a file."""
