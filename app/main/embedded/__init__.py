"""Real servers from wheels, as child processes on sockets of their own: no root, no container, no system package."""
