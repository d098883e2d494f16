"""Running the gateway under gunicorn's gevent worker, and what that worker lacks."""
