"""The list of tracks."""

from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.serializers import CharField, IntegerField, ModelSerializer, SerializerMethodField, UUIDField

from catalogue.models import Track


class TrackSerializer(ModelSerializer):
    """A track with what its recording says."""

    title = SerializerMethodField()
    release_id = UUIDField()
    recording_id = UUIDField()
    version_title = CharField(source="recording.version_title")
    artist_line = CharField(source="recording.artist_line")
    isrc = CharField(source="recording.isrc")
    duration_ms = IntegerField(source="recording.duration_ms")
    parental = CharField(source="recording.parental")

    class Meta:
        """The fields of our own list."""

        model = Track
        fields = (
            "id", "release_id", "recording_id", "disc", "number", "position", "title", "version_title", "artist_line",
            "isrc", "duration_ms", "parental", "is_preorder_only", "is_instant_grat", "created_at", "updated_at",
        )  # fmt: skip

    def get_title(self, track):
        """Its own title, or that of its recording."""
        return track.title or track.recording.title


class Pages(CursorPagination):
    """Pages by a cursor over the id."""

    page_size = 50
    page_size_query_param = "limit"
    ordering = "id"


class Tracks(ListAPIView):
    """All tracks, each with its recording in the same query."""

    queryset = Track.objects.select_related("recording")
    serializer_class = TrackSerializer
    pagination_class = Pages


urlpatterns = [path("api/tracks", Tracks.as_view())]
