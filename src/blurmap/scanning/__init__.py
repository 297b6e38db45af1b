"""Thousands of photos to a table: rows in a store as they are made, workers, Ray, the table and its summary."""
