"""What a person decides of scanned photos: the report's page, choices, folders, sidecars, and undo."""
