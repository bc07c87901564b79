"""SCIM 2.0 (RFC 7643, RFC 7644) without a database: what a person and a group are, filters, patches."""
