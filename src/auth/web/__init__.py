"""auth over HTTP: what each address takes and answers."""
