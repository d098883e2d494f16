"""How fast the service is: against the older design, plain ffmpeg, and what the machine can do."""
