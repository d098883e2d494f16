"""Makes the MP3 of a stored video."""
