"""The label's own sign-in services (OpenID Connect, SAML 2.0) and the people they keep in step (SCIM 2.0)."""
