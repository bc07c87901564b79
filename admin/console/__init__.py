"""The console: labels, fleet, jobs, incidents, and a record of what operators did."""
