"""Real servers from wheels, run as child processes on sockets of their own: no root, no container, no system package."""
