"""What bulk upload records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.activity.subjects import is_about
from app.kernel.sentences import sentence
from app.uploads.models import Batch
from app.uploads.policies import may_see_batch

is_about("batch", Batch.id, may_see_batch, href="/portal/uploads/{}", name=Batch.name)

tell("batch.opened", sentence("A batch was uploaded"))
tell("batch.files_announced", sentence("Files for a batch were chosen"))
tell("batch.files_unpacked", sentence("An archive of a batch was unpacked"))
tell("batch.import_asked", sentence("Files for a batch are being fetched"))
tell("batch.files_fetched", sentence("Files for a batch were fetched"), hears="uploads.create")
tell("batch.corrected", sentence("Cells of a batch were corrected"))
tell("batch.approved", sentence("A batch was approved"))
tell("batch.checked", sentence("A batch was checked"), hears="uploads.create")
tell("batch.applied", sentence("A batch was applied"), hears="uploads.create")
tell("batch.undo_asked", sentence("A batch is being taken back"))
tell("batch.undone", sentence("A batch was taken back"), hears="uploads.create")
tell("batch.stopped", sentence("A batch could not be read"), hears="uploads.create")
tell("batch.restarted", sentence("A stage of a batch was started again"))
tell("batch.file_left_out", sentence("A file was left out of a batch"))
