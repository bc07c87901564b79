"""A label and its host, as django-tenants has them."""

from django_tenants.models import DomainMixin, TenantMixin


class Label(TenantMixin):
    """A label with a schema."""

    auto_create_schema = True


class Host(DomainMixin):
    """A host of a label."""
