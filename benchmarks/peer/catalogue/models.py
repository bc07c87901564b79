"""Releases, recordings and tracks with the columns that the list shows."""

import uuid

from django.db import models


class Release(models.Model):
    """A release."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.TextField()


class Recording(models.Model):
    """A recording."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.TextField()
    version_title = models.TextField(null=True)
    artist_line = models.TextField()
    isrc = models.TextField(null=True)
    duration_ms = models.IntegerField(null=True)
    parental = models.TextField(default="none")


class Track(models.Model):
    """A place on a release."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    release = models.ForeignKey(Release, on_delete=models.CASCADE)
    recording = models.ForeignKey(Recording, on_delete=models.CASCADE)
    disc = models.SmallIntegerField()
    number = models.SmallIntegerField()
    position = models.TextField(null=True)
    title = models.TextField(null=True)
    is_preorder_only = models.BooleanField(default=False)
    is_instant_grat = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
