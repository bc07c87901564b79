"""The app of labels."""

from django.apps import AppConfig


class Config(AppConfig):
    """Shared by all labels."""

    name = "catalogue.tenants"
    label = "tenants"
