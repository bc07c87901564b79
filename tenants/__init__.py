"""How labels exist: registry, provisioning, life, hosts, fleet, archive."""
