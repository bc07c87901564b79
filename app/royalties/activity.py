"""What sales reports and royalties record, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.activity.subjects import is_about
from app.kernel.sentences import sentence
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, SalesReport, Statement
from app.royalties.policies import may_see_report, may_see_run, may_see_statement

RUN, ROYALTIES = "/portal/royalties/runs/{}", "/portal/royalties"

is_about("sales_report", SalesReport.id, may_see_report, href="/portal/royalties/reports/{}", name=SalesReport.name)
is_about("period", RoyaltyPeriod.id, may_see_report, href=ROYALTIES)
is_about("run", RoyaltyRun.id, may_see_run, href=RUN, narrowed=ROYALTIES)
is_about("statement", Statement.id, may_see_statement, href="/portal/royalties/statements/{}")

tell("sales_report.received", sentence("A sales report came in"))
tell("sales_report.imported", sentence("A sales report was imported"), hears="royalties.run")
tell(
    "sales_report.held",
    sentence("A sales report is held: its total is not the one stated"),
    hears="royalties.run",
    asks=True,
)
tell("sales_report.refused", sentence("A sales report could not be read"), hears="royalties.run", asks=True)
tell(
    "sales_report.unknown",
    sentence("A sales report has columns that are not known yet"),
    hears="royalties.run",
    asks=True,
)
tell("sales_report.mapped", sentence("The columns of a sales report were named"))
tell("sales_report.released", sentence("A held sales report was released"))
tell("sales_report.discarded", sentence("A sales report was discarded"))
tell("sales_asset.matched", sentence("Sales were matched by hand"))
tell("sales_asset.unmatched", sentence("Sales were taken off a recording"))
tell("period.opened", sentence("A royalty period was opened"), hears="royalties.run")
tell("run.started", sentence("Royalties are being calculated"))
tell("run.calculated", sentence("Royalties were calculated"), hears="royalties.run")
tell("run.failed", sentence("Royalties could not be calculated"), hears="royalties.run", asks=True)
tell("run.signed_off", sentence("Something unusual in a royalty run was signed off"))
tell("run.approved", sentence("A royalty run was approved"), hears="royalties.run")
tell("run.publishing", sentence("Statements are being published"))
tell("run.published", sentence("Statements were published"), hears="royalties.view")
tell(
    "run.held", sentence("Statements were not published: the books are being checked"), hears="royalties.run", asks=True
)
tell("run.discarded", sentence("A royalty run was discarded"))
tell("rate.kept", sentence("An exchange rate was noted"))
tell("statement.exported", sentence("A statement was taken along"))
tell("statement.asked", sentence("Somebody asks about a line of a statement"), hears="royalties.run", asks=True)
tell("statement.answered", sentence("A question about a statement was answered"), hears_named=True)
