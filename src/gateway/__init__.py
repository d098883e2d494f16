"""The only public door: login, upload, jobs, download."""
