"""What every service stands on: the job and its moves, messages, ports and their adapters."""
